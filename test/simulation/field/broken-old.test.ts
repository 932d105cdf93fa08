/** What people suffer elsewhere when what runs is what is broken. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { allAtOnceSteps } from '../../../src/strategies/all-at-once.ts';
import { blueGreenSteps } from '../../../src/strategies/blue-green.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, whatRuns } from './looks.ts';

const STRATEGIES = [rollingSteps(), canarySteps(), blueGreenSteps(), allAtOnceSteps()];

describe.each(STRATEGIES)('$name', (strategy) => {
  test.each([
    ['unhealthy', 'never-healthy'],
    ['not running', 'exits'],
  ] as const)('a broken old version does not block the fix: %s', async (_how, kind) => {
    for (const beside of [true, false]) {
      const play = new Rehearsal({
        can: { beside },
        sicknesses: all('').map((_, index) => ({ kind, target: `t${index + 1}`, version: '1.0.0' })),
      });
      await play.pass(10_000);
      const state = await play.deploy('1.0.1', { strategy, policy: { minAvailable: 3 } });
      expect([beside, state.outcome, state.cause]).toEqual([beside, 'completed', null]);
      expect(whatRuns(play)).toEqual(all('1.0.1'));
      expect(play.violations).toEqual([]);
    }
  });

  test('the first deployment has no old to wait for', async () => {
    const play = new Rehearsal({ running: null });
    const state = await play.deploy('1.0.0', { strategy, policy: { minAvailable: 4 } });
    expect(state.outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('a first deployment that fails leaves nothing, and the next one is a first again', async () => {
    const play = new Rehearsal({
      running: null,
      sicknesses: [{ kind: 'never-healthy', target: 't1', version: '1.0.0' }],
    });
    expect((await play.deploy('1.0.0', { strategy })).outcome).toBe('rolled-back');
    expect(whatRuns(play)).toEqual([]);
    expect((await play.deploy('1.0.1', { strategy })).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('1.0.1'));
    expect(play.violations).toEqual([]);
  });
});
