import { expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { renderTimeline } from '../../../src/cli/render/timeline.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { crashingOn, stumblingOn } from './faults.ts';
import { expectGolden } from './golden.ts';
import { BARE, planFor } from './plans.ts';
import { SimulatedRollout } from './simulated-rollout.ts';

function render({ events }: SimulatedRollout, columns = 80): string[] {
  const stored = events.map((event, index) => ({ seq: index + 1, event }));
  return renderTimeline('api-7', stored, { paint: paintFor({ color: false }), columns });
}

const canary = canarySteps({ stages: [{ percent: 50, gate: 'does it look right?' }] });

it('tells a canary', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canary }), {
    answer: stumblingOn(1),
  }).toEndOrGate();
  rollout.forMs(60_000).signal({ signal: 'approve', by: 'bob' });
  await expectGolden('timeline-canary', render(rollout.toEnd()), 80);
});

it('tells what it waits for, and which plan was approved', async () => {
  const gate = { name: 'does it look right?', approvals: 2, approvers: ['ann', 'bob'] };
  const strategy = canarySteps({ stages: [{ percent: 50, gate }] });
  const rollout = new SimulatedRollout(planFor({ strategy })).toEndOrGate();
  const { digest } = rollout.state.plan;
  rollout.forMs(60_000).signal({ signal: 'approve', by: 'ann@laptop', digest, reason: 'fine' });
  await expectGolden('timeline-gate', render(rollout), 80);
});

it('tells a rollback with its evidence', async () => {
  const plan = planFor({ strategy: rollingSteps() });
  const rollout = new SimulatedRollout(plan, { answer: crashingOn(2), unhealthy: [3] }).toEnd();
  await expectGolden('timeline-rolled-back', render(rollout), 80);
  await expectGolden('timeline-rolled-back-120', render(rollout, 120), 120);
});

it('tells one that another controller goes on with, and that has not ended', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() })).forMs(1_000);
  rollout.append({ type: 'controller-changed', at: rollout.now, controller: 'bob@ci pid 7', epoch: 2 });
  rollout.forMs(1_500).signal({ signal: 'pause', by: 'bob' });
  await expectGolden('timeline-paused', render(rollout), 80);
});

it('names only the first of many failures', () => {
  const strategy = rollingSteps({ batchSize: '100%' });
  const rollout = new SimulatedRollout(
    planFor({ strategy, targets: 64, can: BARE, policy: { onFailure: 'stop' } }),
    {
      answer: () => ({ ok: false, tookMs: 100, error: 'busy', retryable: false }),
    },
  ).toEnd();
  const lines = render(rollout);
  expect(lines.filter((line) => /^ *\d+ .*api\.\d+: busy/.test(line))).toHaveLength(11);
  expect(lines.some((line) => line.includes('and 54 more failed'))).toBe(true);
  expect(lines).toContain('  and 44 more failed');
});

it('is empty for an empty journal', () => {
  expect(renderTimeline('api-7', [], { paint: paintFor({ color: false }), columns: 80 })).toEqual([]);
});
