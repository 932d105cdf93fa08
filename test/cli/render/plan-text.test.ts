import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { renderPlan } from '../../../src/cli/render/plan-text.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { previewPlan } from '../../../src/domain/preview.ts';
import type { HookStep } from '../../../src/domain/step.ts';
import { allAtOnceSteps } from '../../../src/strategies/all-at-once.ts';
import { blueGreenSteps } from '../../../src/strategies/blue-green.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import type { Paint } from '../../../src/words/paint.ts';
import { expectGolden, expectTidy } from './golden.ts';
import { BARE, BESIDE, IN_PLACE, planFor } from './plans.ts';

const plain = paintFor({ color: false });
const STRATEGIES = {
  canary: canarySteps({ stages: [25, { percent: 50, gate: 'does it look right?' }] }),
  rolling: rollingSteps({ pauseMs: 5_000 }),
  'blue-green': blueGreenSteps({ gate: 'switch over?', bakeMs: 60_000 }),
  'all-at-once': allAtOnceSteps(),
};
const PLATFORMS = { beside: BESIDE, 'in-place': IN_PLACE, bare: BARE };

function render(plan: Plan, columns: number, paint: Paint = plain, estimateMs?: number): string[] {
  const estimate = estimateMs === undefined ? {} : { estimateMs };
  return renderPlan(plan, previewPlan(plan), { paint, columns, ...estimate });
}

describe.each(Object.entries(STRATEGIES))('%s', (name, strategy) => {
  it.each(Object.entries(PLATFORMS))('on %s targets', async (platform, can) => {
    await expectGolden(`plan-${name}-${platform}-80`, render(planFor({ strategy, can }), 80), 80);
  });

  it('on a wide terminal', async () => {
    await expectGolden(`plan-${name}-beside-120`, render(planFor({ strategy }), 120), 120);
  });
});

describe('a plan', () => {
  const strategy = STRATEGIES.canary;

  it('in colour', async () => {
    const plan = planFor({ strategy, can: IN_PLACE });
    await expectGolden('plan-canary-color', render(plan, 80, paintFor({ color: true })), 80);
  });

  it('in ASCII', async () => {
    const lines = render(planFor({ strategy }), 80, paintFor({ color: false, unicode: false }));
    expect(lines.join('')).toMatch(/^[\u0020-\u007e]*$/);
    await expectGolden('plan-canary-ascii', lines, 80);
  });

  it('of a first deployment', async () => {
    const lines = render(planFor({ strategy, from: () => null }), 80, plain, 64_000);
    await expectGolden('plan-first', lines, 80);
  });

  it('of two targets that have it and one that lacks it', async () => {
    const rolling = rollingSteps();
    const steps = rolling.steps({ targets: ['api.3'], first: false, can: BESIDE });
    const from = (index: number) => (index < 2 ? '1.1.0' : '1.0.0');
    const plan = planFor({ strategy: rolling, targets: 3, steps, from });
    await expectGolden('plan-part', render(plan, 80), 80);
  });

  it('that changes nothing', async () => {
    const plan = planFor({ strategy, from: () => '1.1.0', steps: [] });
    await expectGolden('plan-no-change', render(plan, 80), 80);
    expect(render(planFor({ strategy, targets: 1, from: () => '1.1.0', steps: [] }), 80)).toContain(
      'The target runs 1.1.0 already: nothing to do.',
    );
  });

  it('without targets', () => {
    expect(render(planFor({ strategy, targets: 0 }), 80)).toContain('There are no targets: nothing to do.');
  });

  it('of 2,000 targets, three of which leave', async () => {
    const from = (index: number) => (index < 10 ? '0.9.0' : '1.0.0');
    const plan = planFor({ strategy: canarySteps(), targets: 2_000, leaving: 3, from });
    await expectGolden('plan-2000-80', render(plan, 80, plain, 3_723_000), 80);
    await expectGolden('plan-2000-120', render(plan, 120, plain, 3_723_000), 120);
  });

  it('with hooks', async () => {
    const hook = (name: string, command: string[]): HookStep => ({
      kind: 'hook',
      name,
      command,
      timeoutMs: 60_000,
    });
    const plan = planFor({
      strategy: STRATEGIES.rolling,
      targets: 2,
      environment: 'local',
      hooksBefore: [hook('migrate', ['npm', 'run', 'migrate', '--', "the user's table"])],
      hooksOnFailure: [hook('tell the team', ['notify', 'rolled back'])],
    });
    await expectGolden('plan-hooks', render(plan, 80), 80);
  });

  it('names what to type next', () => {
    const plan = planFor({ strategy });
    expect(render(plan, 80).at(-1)).toBe(
      `next      sluice apply ${plan.digest.slice(0, 8)}  does exactly this`,
    );
  });

  it('never has a line that is too wide', () => {
    const strategies = fc.constantFrom(...Object.values(STRATEGIES));
    const platforms = fc.constantFrom(...Object.values(PLATFORMS));
    fc.assert(
      fc.property(
        strategies,
        platforms,
        fc.nat(12),
        fc.integer({ min: 10, max: 200 }),
        (one, can, targets, columns) => {
          expectTidy(render(planFor({ strategy: one, can, targets }), columns), columns);
        },
      ),
      { numRuns: 40 },
    );
  });
});
