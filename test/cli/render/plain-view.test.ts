import { describe, expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { PlainLines } from '../../../src/cli/render/plain-view.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { blueGreenSteps } from '../../../src/strategies/blue-green.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { crashingOn, stumblingOn } from './faults.ts';
import { BARE, NOON, planFor } from './plans.ts';
import { type RolloutScript, SimulatedRollout } from './simulated-rollout.ts';

const canary = canarySteps({ stages: [{ percent: 50, gate: 'does it look right?' }] });

interface Told {
  readonly rollout: SimulatedRollout;
  readonly lines: string[];
  readonly plain: PlainLines;
}

function tell(plan: Plan, script: RolloutScript = {}): Told {
  const plain = new PlainLines(paintFor({ color: false }));
  const lines: string[] = [];
  const onEvents: RolloutScript['onEvents'] = (events, state) => lines.push(...plain.lines(events, state));
  return { rollout: new SimulatedRollout(plan, { ...script, onEvents }), lines, plain };
}

it('tells a rollout in a line a step', () => {
  const { rollout, lines } = tell(planFor({ strategy: canary }));
  rollout.toEndOrGate().forMs(3_000);
  rollout.signal({ signal: 'approve', by: 'bob', reason: 'numbers look good' });
  rollout.toEnd();
  expect(lines).toEqual([
    '12:00:00  api 1.0.0 → 1.1.0 in production, canary, 4 targets (api-7)',
    '12:00:00   1/11  stage 1.1.0 on 4 targets  ok  460 ms',
    '12:00:00   2/11  all traffic to 1.0.0  ok  15 ms',
    '12:00:01   3/11  update api.1, api.2  ok  1.1 s',
    '12:00:01   4/11  50 % of traffic to 1.1.0  ok  15 ms',
    '12:00:01   5/11  bake 10 s  checks every 1 s',
    '12:00:11   5/11  bake 10 s  ok  10.0 s',
    '12:00:11   6/11  ask "does it look right?"  waits up to 1 day for approval',
    '12:00:11  sluice approve api-7 goes on, sluice reject api-7 goes back',
    '12:00:11  until 2026-11-24 12:00 UTC',
    '12:00:14  bob: approve (numbers look good)',
    '12:00:14   6/11  ask "does it look right?"  ok  3.0 s  approved by bob',
    '12:00:15   7/11  update api.3, api.4  ok  1.2 s',
    '12:00:15   8/11  all traffic to 1.1.0  ok  15 ms',
    '12:00:15   9/11  bake 10 s  checks every 1 s',
    '12:00:25   9/11  bake 10 s  ok  10.0 s',
    '12:00:25  10/11  verify 1.1.0  ok  25 ms',
    '12:00:26  11/11  retire 1.0.0  ok  490 ms',
    '12:00:26  completed after 26.3 s',
  ]);
});

it('tells a failure and its rollback', () => {
  const { rollout, lines } = tell(planFor({ strategy: rollingSteps() }), { answer: crashingOn(1) });
  rollout.toEnd();
  expect(lines.slice(2)).toEqual([
    '12:00:01    2/7  update api.1  ok  1.3 s',
    '12:00:04    3/7  update api.2  failed  2.8 s  api.2 ended instead of becoming healthy (exit code 3)',
    '12:00:04  rolling back, 2 steps',
    '12:00:05    1/2  bring 1.0.0 back on api.1  ok  1.3 s',
    '12:00:06    2/2  clear away 1.1.0  ok  370 ms',
    '12:00:06  rolled back after 6.2 s',
  ]);
});

it('tells the hooks for a failure where it stops', () => {
  const hook = { kind: 'hook', name: 'page', command: ['./page.sh'], timeoutMs: 60_000 } as const;
  const policy = { onFailure: 'stop' } as const;
  const plan = planFor({ strategy: rollingSteps(), policy, hooksOnFailure: [hook] });
  const { rollout, lines } = tell(plan, { answer: crashingOn(1) });
  rollout.toEnd();
  expect(lines.slice(3)).toEqual([
    '12:00:04    3/7  update api.2  failed  2.8 s  api.2 ended instead of becoming healthy (exit code 3)',
    '12:00:04  stopped, 1 hook for a failure left',
    '12:00:04    1/1  run hook page  ./page.sh (up to 1 min)',
    '12:00:05    1/1  run hook page  ok  1.2 s',
    '12:00:05  failed after 5.8 s',
  ]);
});

it('tells a try that failed when the next one follows', () => {
  const { rollout, lines } = tell(planFor({ strategy: rollingSteps() }), { answer: stumblingOn(0) });
  rollout.until((state) => state.position === 2);
  expect(lines.slice(2)).toEqual([
    '12:00:00  api.1: port 4102 is taken',
    '12:00:02    2/7  update api.1  ok  1.8 s',
  ]);
});

it('tells a pause with what to type', () => {
  const plan = planFor({ strategy: rollingSteps(), policy: { onFailure: 'pause' } });
  const { rollout, lines } = tell(plan, { answer: crashingOn(1) });
  rollout.until((state) => state.paused !== null);
  expect(lines.slice(-2)).toEqual([
    '12:00:04  paused',
    '12:00:04  sluice retry api-7 tries again, sluice abort api-7 goes back',
  ]);
});

it('tells that another controller goes on', () => {
  const { rollout, lines } = tell(planFor({ strategy: rollingSteps() }));
  rollout.forMs(1_000);
  rollout.append({ type: 'controller-changed', at: rollout.now, controller: 'bob@ci pid 7', epoch: 2 });
  expect(lines.at(-1)).toBe('12:00:01  bob@ci pid 7 goes on with it');
});

it('tells what it is about where it takes up a deployment in the middle', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() })).forMs(1_000);
  const change = {
    type: 'controller-changed',
    at: rollout.now,
    controller: 'bob@ci pid 7',
    epoch: 2,
  } as const;
  rollout.append(change);
  expect(new PlainLines(paintFor({ color: false })).lines([change], rollout.state)).toEqual([
    '12:00:01  api 1.0.0 → 1.1.0 in production, rolling, 4 targets (api-7)',
    '12:00:01  bob@ci pid 7 goes on with it',
  ]);
});

describe('of a large fleet', () => {
  const can = BARE;

  it('tells progress now and then', () => {
    const { rollout, lines } = tell(
      planFor({ strategy: rollingSteps({ batchSize: '100%' }), targets: 1_000, can }),
    );
    rollout.toEnd();
    expect(lines).toEqual([
      '12:00:00  api 1.0.0 → 1.1.0 in production, rolling, 1,000 targets (api-7)',
      '12:00:02    1/2  update api.1 … api.1000 (1,000)  18 %  185 of 1,000',
      '12:00:04    1/2  update api.1 … api.1000 (1,000)  39 %  395 of 1,000',
      '12:00:06    1/2  update api.1 … api.1000 (1,000)  60 %  604 of 1,000',
      '12:00:08    1/2  update api.1 … api.1000 (1,000)  81 %  813 of 1,000',
      '12:00:10    1/2  update api.1 … api.1000 (1,000)  ok  10.0 s',
      '12:00:10    2/2  verify 1.1.0  ok  0 ms  no checks are configured',
      '12:00:10  completed after 10.0 s',
    ]);
  });

  it('counts failures instead of telling each', () => {
    const plan = planFor({ strategy: rollingSteps({ batchSize: '100%' }), targets: 400, can });
    const { rollout, lines } = tell(plan, {
      answer: ({ attempt }) => (attempt === 1 ? { ok: false, error: 'busy' } : undefined),
    });
    rollout.toEnd();
    const failures = lines.filter((line) => line.includes('busy'));
    expect(failures).toHaveLength(4);
    expect(failures[0]).toBe('12:00:00  api.1: busy');
    expect(failures[3]).toMatch(/^12:00:0\d {2}397 more failures, the last one: api\.\d+: busy$/);
  });

  it('counts them every ten seconds in a step that goes on', () => {
    const plan = planFor({
      strategy: rollingSteps({ batchSize: '100%' }),
      targets: 64,
      can,
      policy: { concurrency: 1 },
    });
    const { rollout, lines } = tell(plan, {
      answer: ({ attempt }) => (attempt === 1 ? { ok: false, error: 'busy' } : undefined),
    });
    rollout.forMs(40_000);
    expect(lines.filter((line) => line.includes('more failures')).length).toBeGreaterThanOrEqual(2);
    expect(lines.filter((line) => line.includes('busy')).length).toBeLessThan(8);
  });
});

describe('in silence', () => {
  it('says what is waited for, less and less often', () => {
    const { rollout, plain } = tell(planFor({ strategy: canary }));
    rollout.toEndOrGate();
    const { state, now } = rollout;
    const said: string[] = [];
    for (let at = now; at < now + 600_000; at += 1_000) said.push(...plain.idle(state, at));
    expect(said).toEqual([
      '12:00:41   6/11  ask "does it look right?"  since 30 s, until 2026-11-24 12:00 UTC',
      '12:01:41   6/11  ask "does it look right?"  since 1 min 30 s, until 2026-11-24 12:00 UTC',
      '12:03:41   6/11  ask "does it look right?"  since 3 min 30 s, until 2026-11-24 12:00 UTC',
      '12:07:41   6/11  ask "does it look right?"  since 7 min 30 s, until 2026-11-24 12:00 UTC',
    ]);
  });

  it('names what is under way', () => {
    const { rollout, plain } = tell(planFor({ strategy: rollingSteps() }), {
      answer: ({ operation }) => (operation === 'probe' ? { tookMs: 50_000 } : undefined),
    });
    const { state, now } = rollout.forMs(32_000);
    expect(plain.idle(state, now)).toEqual([
      '12:00:32    2/7  update api.1  since 31 s, api.1 waiting until healthy',
    ]);
  });

  it('says nothing between steps and at the end', () => {
    const { rollout, plain } = tell(planFor({ strategy: rollingSteps() }));
    rollout.toEnd();
    expect(plain.idle(rollout.state, NOON + 3_600_000)).toEqual([]);
  });
});

it('tells how a gate for several people stands', () => {
  const gate = { name: 'switch over?', approvals: 2, approvers: ['ann', 'bob'], deadlineMs: 3_600_000 };
  const { rollout, lines } = tell(planFor({ strategy: blueGreenSteps({ gate }) }));
  rollout.toEndOrGate();
  rollout.signal({ signal: 'approve', by: 'ann@laptop' });
  rollout.signal({ signal: 'approve', by: 'carl@desk' });
  expect(lines.slice(5)).toEqual([
    '12:00:01    5/7  ask "switch over?"  waits up to 1 h for 2 approvals of ann, bob',
    '12:00:01  sluice approve api-7 goes on, sluice reject api-7 goes back',
    '12:00:01  0 of 2 approved, until 13:00 UTC, who may: ann, bob',
    '12:00:01  ann@laptop: approve',
    '12:00:01  1 of 2 approved (ann@laptop), until 13:00 UTC, who may: ann, bob',
    '12:00:01  carl@desk: approve, refused: "switch over?" is for ann, bob to answer, not for carl@desk',
    '12:00:01  1 of 2 approved (ann@laptop), until 13:00 UTC, who may: ann, bob',
  ]);
});
