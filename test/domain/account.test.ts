import { expect, test } from 'vitest';
import { type Account, accountOf } from '../../src/domain/account.ts';
import { fold } from '../../src/domain/evolve.ts';
import { canarySteps } from '../../src/strategies/canary.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import { crashingOn, stumblingOn } from '../cli/render/faults.ts';
import { NOON, planFor } from '../cli/render/plans.ts';
import { SimulatedRollout } from '../cli/render/simulated-rollout.ts';

function accountOfRollout({ events }: SimulatedRollout): Account {
  return accountOf('api-7', events) as Account;
}

test('nothing is known of an empty journal', () => {
  expect(accountOf('api-7', [])).toBeNull();
});

test('steps, tries, and who approved', () => {
  const strategy = canarySteps({ stages: [{ percent: 50, gate: 'good?' }] });
  const rollout = new SimulatedRollout(planFor({ strategy }), { answer: stumblingOn(1) }).toEndOrGate();
  rollout.signal({ signal: 'approve', by: 'bob', reason: 'fine' });
  const { state, createdAt, steps, targets, signals, controllers } = accountOfRollout(rollout.toEnd());
  expect(state).toEqual(fold('api-7', rollout.events));
  expect(createdAt).toBe(NOON);
  expect(steps.every(({ outcome, direction }) => outcome === 'done' && direction === 'forward')).toBe(true);
  expect(steps[5]).toMatchObject({ step: { kind: 'gate' }, note: 'approved by bob' });
  // Each begins when the one before has ended.
  for (const [index, { startedAt }] of steps.entries()) {
    if (index > 0) expect(startedAt).toBe(steps[index - 1]?.endedAt);
  }
  expect(targets.map(({ attempts }) => attempts)).toEqual([1, 2, 1, 1]);
  expect(targets[0]?.tookMs).toBe(400 + 300 + 700 + 20 + 150 + 120 + 40);
  expect(signals).toEqual([
    {
      at: expect.any(Number),
      signal: 'approve',
      by: 'bob',
      reason: 'fine',
      digest: null,
      full: false,
      refused: null,
    },
  ]);
  expect(controllers).toEqual([{ at: NOON, controller: 'ann@laptop pid 4711' }]);
});

test('a rollback: the step that failed, those never begun, and those that went back', () => {
  const plan = planFor({ strategy: rollingSteps() });
  const { steps, targets } = accountOfRollout(new SimulatedRollout(plan, { answer: crashingOn(2) }).toEnd());
  const told = steps.map(({ direction, position, outcome }) => `${direction} ${position} ${outcome}`);
  expect(told).toEqual([
    'forward 0 done',
    'forward 1 done',
    'forward 2 done',
    'forward 3 failed',
    'forward 4 not-begun',
    'forward 5 not-begun',
    'forward 6 not-begun',
    'back 0 done',
    'back 1 done',
    'back 2 done',
  ]);
  expect(steps[3]?.cause).toMatchObject({ kind: 'failure', target: 'api.3' });
  expect(targets[2]?.state.failure).toMatchObject({ target: 'api.3' });
});

test('an abort cuts short what is under way; what goes on is under way', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canarySteps({ stages: [50] }) })).forMs(4_000);
  expect(accountOfRollout(rollout).steps[4]).toMatchObject({ outcome: 'under-way', endedAt: null });
  rollout.signal({ signal: 'abort', by: 'ann' });
  const { steps } = accountOfRollout(rollout.toEnd());
  expect(steps[4]).toMatchObject({ step: { kind: 'bake' }, outcome: 'cut-short', endedAt: NOON + 4_000 });
});
