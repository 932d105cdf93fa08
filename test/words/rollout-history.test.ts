import { expect, it } from 'vitest';
import { canarySteps } from '../../src/strategies/canary.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import { stepDuration } from '../../src/words/rollout-history.ts';
import { crashingOn, stumblingOn } from '../cli/render/faults.ts';
import { BARE, NOON, planFor } from '../cli/render/plans.ts';
import { SimulatedRollout } from '../cli/render/simulated-rollout.ts';

it('knows when each step ran', () => {
  const { history } = new SimulatedRollout(planFor({ strategy: canarySteps() })).forMs(5_000);
  expect(history.forward.get(0)).toEqual({ startedAt: NOON, endedAt: NOON + 460 });
  expect(stepDuration(history.forward.get(0))).toBe(460);
  expect(stepDuration(history.forward.get(4))).toBeNull();
  expect(stepDuration(history.forward.get(9))).toBeNull();
});

it('knows why and when it turned back', () => {
  const plan = planFor({ strategy: rollingSteps() });
  const { history, state } = new SimulatedRollout(plan, { answer: crashingOn(1) }).toEnd();
  expect(history.turned?.cause).toEqual(state.cause);
  expect(history.failedStep).toBe(2);
  expect(history.rollbackFailure).toBeNull();
  expect([...history.back.keys()]).toEqual([0, 1]);
  expect(history.remarks.map(({ tone, text }) => `${tone} ${text}`)).toEqual([
    'bad api.2 ended instead of becoming healthy (exit code 3)',
    'waiting rolling back',
  ]);
});

it('forgets a failed step that was done after all', () => {
  let crashes = true;
  const plan = planFor({ strategy: rollingSteps(), policy: { onFailure: 'pause' } });
  const rollout = new SimulatedRollout(plan, {
    answer: (intent) => (crashes ? crashingOn(1)(intent) : undefined),
  }).until((state) => state.paused !== null);
  expect(rollout.history.failedStep).toBe(2);
  crashes = false;
  rollout.signal({ signal: 'retry', by: 'bob' });
  rollout.toEnd();
  expect(rollout.state.outcome).toBe('completed');
  expect(rollout.history.failedStep).toBeNull();
  expect(rollout.history.remarks.slice(1).map(({ text }) => text)).toEqual(['paused', 'bob: retry']);
});

it('remarks a try that failed as no more than that', () => {
  const plan = planFor({ strategy: rollingSteps() });
  const { history } = new SimulatedRollout(plan, { answer: stumblingOn(1) }).toEnd();
  expect(history.remarks.map(({ tone, text }) => `${tone} ${text}`)).toEqual([
    'waiting api.2: port 4102 is taken',
  ]);
});

it('names only a few of many failures', () => {
  const strategy = rollingSteps({ batchSize: '100%' });
  const rollout = new SimulatedRollout(planFor({ strategy, targets: 40, can: BARE }), {
    answer: ({ attempt }) => (attempt === 1 ? { ok: false, tookMs: 100, error: 'busy' } : undefined),
  }).forMs(150);
  expect(rollout.history.remarks.map(({ text }) => text)).toEqual([
    'api.1: busy',
    'api.2: busy',
    'api.3: busy',
    'and 37 more failures',
  ]);
});

it('keeps no more than fifty remarks', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canarySteps() })).forMs(5_000);
  for (let count = 0; count < 60; count++) {
    rollout.signal({ signal: count % 2 === 0 ? 'pause' : 'resume', by: `person ${count}` });
  }
  expect(rollout.history.remarks).toHaveLength(50);
  expect(rollout.history.remarks.at(-1)?.text).toBe('person 59: resume');
});

it('remarks a change of the controller, but not the first one', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canarySteps() })).forMs(5_000);
  expect(rollout.history.remarks).toEqual([]);
  rollout.append({ type: 'controller-changed', at: rollout.now, controller: 'bob@ci pid 7', epoch: 2 });
  expect(rollout.history.remarks.at(-1)?.text).toBe('bob@ci pid 7 goes on with it');
});

it('remarks why a signal was not obeyed', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canarySteps() })).forMs(5_000);
  rollout.signal({ signal: 'approve', by: 'bob' });
  expect(rollout.history.remarks.map(({ text }) => text)).toEqual([
    'bob: approve, refused: it is not waiting at a gate',
  ]);
});
