import { expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { renderShow, type ShowOptions } from '../../../src/cli/render/show-text.ts';
import { type Account, accountOf } from '../../../src/domain/account.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { crashingOn, stumblingOn } from './faults.ts';
import { expectGolden, expectTidy } from './golden.ts';
import { BARE, planFor } from './plans.ts';
import { SimulatedRollout } from './simulated-rollout.ts';

function render({ events, now }: SimulatedRollout, changes: Partial<ShowOptions> = {}): string[] {
  const stored = events.map((event, index) => ({ seq: index + 1, event }));
  const options = { paint: paintFor({ color: false }), columns: 80, allTargets: false, now, ...changes };
  return renderShow(accountOf('api-7', events) as Account, stored, options);
}

const canary = canarySteps({ stages: [{ percent: 50, gate: 'does it look right?' }] });

it('tells a canary', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canary }), {
    answer: stumblingOn(1),
  }).toEndOrGate();
  rollout.forMs(60_000).signal({ signal: 'approve', by: 'bob', reason: 'the graphs look good' });
  await expectGolden('show-canary-80', render(rollout.toEnd()), 80);
  await expectGolden('show-canary-120', render(rollout, { columns: 120 }), 120);
});

it('tells what it waits for, and which plan was approved', async () => {
  const gate = { name: 'does it look right?', approvals: 2, approvers: ['ann', 'bob'] };
  const strategy = canarySteps({ stages: [{ percent: 50, gate }] });
  const rollout = new SimulatedRollout(planFor({ strategy })).toEndOrGate();
  const { digest } = rollout.state.plan;
  rollout.forMs(60_000).signal({ signal: 'approve', by: 'ann@laptop', digest, reason: 'fine' });
  await expectGolden('show-gate-80', render(rollout), 80);
});

it('tells a rollback with its evidence', async () => {
  const plan = planFor({ strategy: rollingSteps() });
  const rollout = new SimulatedRollout(plan, { answer: crashingOn(2), unhealthy: [3] }).toEnd();
  await expectGolden('show-rolled-back-80', render(rollout), 80);
  await expectGolden('show-rolled-back-120', render(rollout, { columns: 120 }), 120);
  await expectGolden('show-rolled-back-color', render(rollout, { paint: paintFor({ color: true }) }), 80);
});

it('tells one that stops, and its hooks', async () => {
  const hook = { kind: 'hook', name: 'page', command: ['./page.sh'], timeoutMs: 60_000 } as const;
  const policy = { onFailure: 'stop' } as const;
  const plan = planFor({ strategy: rollingSteps(), policy, hooksOnFailure: [hook] });
  const rollout = new SimulatedRollout(plan, { answer: crashingOn(1) });
  expect(render(rollout.until((state) => state.stopped))[0]).toMatch(/ {2}runs its hooks for a failure$/);
  await expectGolden('show-stopped-80', render(rollout.toEnd()), 80);
});

it('tells one that another controller goes on with, and that has not ended', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() })).forMs(1_000);
  rollout.append({ type: 'controller-changed', at: rollout.now, controller: 'bob@ci pid 7', epoch: 2 });
  rollout.forMs(1_500).signal({ signal: 'pause', by: 'bob' });
  rollout.signal({ signal: 'pause', by: 'eve', reason: 'me too' });
  await expectGolden('show-paused-80', render(rollout), 80);
});

it('tells an abort: who, why, and what was cut short', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(4_000);
  rollout.signal({ signal: 'abort', by: 'ann@laptop', reason: 'wrong branch' });
  await expectGolden('show-aborted-80', render(rollout.toEnd()), 80);
});

it('tells what 2,000 targets did together', async () => {
  const strategy = rollingSteps({ batchSize: '25%' });
  const answer = ({ target, operation, attempt, side }: Parameters<ReturnType<typeof stumblingOn>>[0]) => {
    if (operation !== 'activate' || side !== 'new' || target === null) return undefined;
    if (target % 97 === 5 && attempt === 1) return { ok: false, error: 'port 4102 is taken' } as const;
    return target >= 1_976 ? ({ ok: false, error: 'no space left', retryable: false } as const) : undefined;
  };
  const policy = { maxFailures: 50, concurrency: 500 };
  const rollout = new SimulatedRollout(planFor({ strategy, targets: 2_000, policy }), { answer }).toEnd();
  await expectGolden('show-2000-80', render(rollout), 80);
  await expectGolden('show-2000-120', render(rollout, { columns: 120 }), 120);
  const lines = render(rollout, { allTargets: true });
  expectTidy(lines, 80);
  const targets = lines.slice(lines.indexOf('targets') + 1, lines.indexOf('timeline') - 1);
  expect(targets).toHaveLength(2_024);
  expect(targets.at(-2)).toMatch(/^api\.2000 +runs 1\.0\.0 +1\.7 s$/);
  expect(targets.at(-1)).toBe('   failed: no space left');
});

it('names only the first of many failures', () => {
  const strategy = rollingSteps({ batchSize: '100%' });
  const plan = planFor({ strategy, targets: 64, can: BARE, policy: { onFailure: 'stop' } });
  const rollout = new SimulatedRollout(plan, {
    answer: ({ target }) => ({ ok: false, tookMs: 100, error: `busy ${target}`, retryable: false }),
  }).toEnd();
  const lines = render(rollout);
  expect(lines.filter((line) => /^ *\d+ .*api\.\d+: busy \d+/.test(line))).toHaveLength(11);
  expect(lines.some((line) => line.includes('and 54 more failed'))).toBe(true);
  expect(lines).toContain('and 44 more failed; --targets lists them all');
});
