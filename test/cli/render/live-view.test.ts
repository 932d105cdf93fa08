import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderLive } from '../../../src/cli/render/live-view.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import type { StepKind } from '../../../src/domain/step.ts';
import { blueGreenSteps } from '../../../src/strategies/blue-green.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import type { Paint } from '../../../src/words/paint.ts';
import { crashingOn, stumblingOn } from './faults.ts';
import { expectGolden, expectTidy } from './golden.ts';
import { BARE, IN_PLACE, planFor } from './plans.ts';
import { SimulatedRollout } from './simulated-rollout.ts';

const plain = paintFor({ color: false });
const urls = ['http://localhost:8080'];
const canary = canarySteps({ stages: [25, { percent: 50, gate: 'does it look right?' }] });

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const SMALL: Size = { columns: 80, rows: 24 };
const LARGE: Size = { columns: 120, rows: 40 };

function render({ state, history, now }: SimulatedRollout, size: Size, paint: Paint = plain): string[] {
  return renderLive(state, { ...size, paint, now, urls, history, estimateMs: 40_000 });
}

async function expectScreen(
  name: string,
  rollout: SimulatedRollout,
  size: Size,
  paint = plain,
): Promise<void> {
  const lines = render(rollout, size, paint);
  expect(lines.length).toBeLessThanOrEqual(size.rows);
  await expectGolden(name, lines, size.columns);
}

function isIn(kind: StepKind): (state: DeploymentState) => boolean {
  return (state) => state.step !== null && state.steps[state.position]?.kind === kind;
}

describe('a canary', () => {
  it('before it starts', () => {
    const { state } = new SimulatedRollout(planFor({ strategy: canary }));
    const lines = renderLive(
      { ...state, phase: 'created', startedAt: null, step: null },
      { ...SMALL, paint: plain, now: 0, urls: [] },
    );
    expect(lines[1]).toBe('api  1.0.0 → 1.1.0');
    expectTidy(lines, 80);
  });

  it('in a bake', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
    await expectScreen('live-bake-80x24', rollout, SMALL);
    await expectScreen('live-bake-120x40', rollout, LARGE);
    await expectScreen('live-bake-color', rollout, SMALL, paintFor({ color: true }));
    await expectScreen('live-bake-ascii', rollout, SMALL, paintFor({ color: false, unicode: false }));
  });

  it('while it updates, after a try that failed', async () => {
    const plan = planFor({ strategy: canary });
    const rollout = new SimulatedRollout(plan, { answer: stumblingOn(1) }).forMs(11_820);
    await expectScreen('live-retry-80x24', rollout, SMALL);
    await expectScreen('live-update-80x24', rollout.forMs(1_000), SMALL);
  });

  it('at its gate', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).until(isIn('gate')).forMs(61_000);
    await expectScreen('live-gate-80x24', rollout, SMALL);
    await expectScreen('live-gate-120x40', rollout, LARGE);
  });

  it('at a gate for several people', async () => {
    const gate = {
      name: 'switch over?',
      approvals: 2,
      approvers: ['ann', 'bob', 'carl'],
      deadlineMs: 3_600_000,
    };
    const rollout = new SimulatedRollout(planFor({ strategy: blueGreenSteps({ gate }) })).until(isIn('gate'));
    rollout.signal({ signal: 'approve', by: 'ann@laptop' });
    await expectScreen('live-gate-several-80x24', rollout.forMs(61_000), SMALL);
  });

  it('paused by a person', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
    rollout.signal({ signal: 'pause', by: 'bob', reason: 'wait for the backup' });
    await expectScreen('live-paused-80x24', rollout.forMs(7_000), SMALL);
  });

  it('with checks that give no verdict', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary }), {
      answer: ({ operation }) => (operation === 'check' ? { verdict: 'inconclusive' } : undefined),
    }).until((state) => state.paused !== null);
    await expectScreen('live-inconclusive-80x24', rollout, SMALL);
  });

  it('at its end', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canarySteps({ stages: [50] }) })).toEnd();
    await expectScreen('live-completed-80x24', rollout, SMALL);
  });
});

describe('a failure', () => {
  it('that is rolled back', async () => {
    const plan = planFor({ strategy: rollingSteps() });
    const rollout = new SimulatedRollout(plan, { answer: crashingOn(2) });
    await expectScreen(
      'live-rollback-80x24',
      rollout.until((state) => state.direction === 'back').forMs(900),
      SMALL,
    );
    await expectScreen('live-rollback-120x40', rollout, LARGE);
    await expectScreen('live-rolled-back-80x24', rollout.toEnd(), SMALL);
  });

  it('that pauses', async () => {
    const plan = planFor({ strategy: rollingSteps(), policy: { onFailure: 'pause' } });
    const rollout = new SimulatedRollout(plan, { answer: crashingOn(2) }).until(
      (state) => state.paused !== null,
    );
    await expectScreen('live-failure-paused-80x24', rollout, SMALL);
  });

  it('that stops', async () => {
    const plan = planFor({ strategy: rollingSteps(), can: IN_PLACE, policy: { onFailure: 'stop' } });
    await expectScreen(
      'live-stopped-80x24',
      new SimulatedRollout(plan, { answer: crashingOn(2) }).toEnd(),
      SMALL,
    );
  });

  it('that stops, with a hook for failures', async () => {
    const hook = { kind: 'hook', name: 'page', command: ['./page.sh'], timeoutMs: 60_000 } as const;
    const policy = { onFailure: 'stop' } as const;
    const plan = planFor({ strategy: rollingSteps(), can: IN_PLACE, policy, hooksOnFailure: [hook] });
    const rollout = new SimulatedRollout(plan, { answer: crashingOn(2) }).until(isIn('hook'));
    await expectScreen('live-stopping-80x24', rollout, SMALL);
    await expectScreen('live-stopped-after-hook-80x24', rollout.toEnd(), SMALL);
  });

  it('while an abort settles', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps(), targets: 8 })).forMs(1_000);
    rollout.signal({ signal: 'abort', by: 'ann', reason: 'Ctrl-C' });
    await expectScreen('live-aborting-80x24', rollout, SMALL);
  });
});

describe('fleets of every size', () => {
  it.each([1, 10, 100, 2_000])('%i targets', async (targets) => {
    const can = targets > 10 ? { can: IN_PLACE } : {};
    const plan = planFor({ strategy: rollingSteps(), targets, ...can });
    const rollout = new SimulatedRollout(plan, { answer: stumblingOn(1) })
      .until((state) => isIn('update')(state) && state.step?.done === Math.min(30, Math.floor(targets / 10)))
      .forMs(100);
    await expectScreen(`live-${targets}-targets-80x24`, rollout, SMALL);
    await expectScreen(`live-${targets}-targets-120x40`, rollout, LARGE);
  });

  it('without a router or checks', async () => {
    const plan = planFor({ strategy: rollingSteps(), can: BARE });
    await expectScreen('live-bare-80x24', new SimulatedRollout(plan).forMs(400), SMALL);
  });

  it('of which some are unhealthy, and less would serve than must', async () => {
    const policy = { minAvailable: 2 };
    const plan = planFor({ strategy: rollingSteps(), can: IN_PLACE, policy, targets: 3 });
    const rollout = new SimulatedRollout(plan, { unhealthy: [2] }).forMs(5_000);
    await expectScreen('live-no-capacity-80x24', rollout, SMALL);
  });
});

describe('the footer', () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
  const options = { ...SMALL, paint: plain, now: rollout.now, urls };

  it('says what Ctrl-C does', () => {
    expect(renderLive(rollout.state, options).at(-1)).toBe(
      'Ctrl-C: abort and roll back · twice: leave, `sluice resume` goes on',
    );
  });

  it('says that a watcher changes nothing', () => {
    expect(renderLive(rollout.state, { ...options, role: 'watcher' }).at(-1)).toBe(
      'Ctrl-C: stop watching; the deployment goes on',
    );
  });
});

describe('the time left', () => {
  const strategy = canarySteps({ stages: [50] });

  function titleAfter(ms: number, estimateMs?: number): string | undefined {
    const { state, now } = new SimulatedRollout(planFor({ strategy })).forMs(ms);
    const estimate = estimateMs === undefined ? {} : { estimateMs };
    return renderLive(state, { ...SMALL, paint: plain, now, urls, ...estimate })[1];
  }

  it('comes from earlier deployments', () => {
    expect(titleAfter(4_000, 30_000)).toMatch(/ 4 s · about 26 s left$/);
  });

  it('is no shorter than the bakes that are left', () => {
    expect(titleAfter(4_000, 5_000)).toMatch(/ 4 s · about 18 s left$/);
  });

  it('without them is what the bakes take at least', () => {
    expect(titleAfter(4_000)).toMatch(/ 4 s · at least 18 s left$/);
  });

  it('is over when the bakes are and it should have ended', () => {
    expect(titleAfter(23_000, 20_000)).toMatch(/ 23 s · longer than usual$/);
  });
});

describe('any rollout at any moment on any terminal', () => {
  const strategies = fc.constantFrom(canary, rollingSteps({ pauseMs: 500 }), blueGreenSteps({ bakeMs: 500 }));
  const platforms = fc.constantFrom({}, { can: IN_PLACE }, { can: BARE });
  const targets = fc.constantFrom(0, 1, 3, 12, 13, 90);
  const moment = fc.record({
    strategy: strategies,
    platform: platforms,
    targets,
    ms: fc.nat(20_000),
    crashes: fc.boolean(),
  });
  const size = fc.record({
    columns: fc.integer({ min: 10, max: 160 }),
    rows: fc.integer({ min: 1, max: 60 }),
  });

  it('fits', () => {
    fc.assert(
      fc.property(moment, size, ({ strategy, platform, crashes, ms, ...rest }, given) => {
        const plan = planFor({ strategy, targets: rest.targets, ...platform });
        const script = crashes ? { answer: crashingOn(0) } : {};
        const rollout = new SimulatedRollout(plan, script).forMs(ms);
        const lines = render(rollout, given);
        expect(lines.length).toBeLessThanOrEqual(given.rows);
        expectTidy(lines, given.columns);
      }),
      { numRuns: 30 },
    );
  });

  it('shows the step under way, whatever the rows', () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
    for (let rows = 1; rows <= 30; rows++) {
      const lines = render(rollout, { columns: 80, rows });
      expect(lines.filter((line) => line.includes('5  bake 10 s'))).toHaveLength(1);
    }
  });
});
