/** What people suffer elsewhere from deadlines. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { CALLS } from '../../../src/testing/simulation/faults.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, during, whatRuns } from './looks.ts';

const HOUR_MS = 3_600_000;
const strategy = canarySteps({
  stages: [{ percent: 50, bakeMs: 60_000, gate: { name: 'Looks good?', deadlineMs: 60_000 } }],
});
const hooks = { before: ['migrate'], after: ['tell'], onFailure: ['page'] };

describe('a deadline that never fires', () => {
  test.each(CALLS)('the deployment ends though no answer ever comes to: %s', async (call) => {
    for (const kind of ['hangs', 'hangs-after'] as const) {
      // The look before it begins is answered.
      const after = call === 'inspect' ? 1 : 0;
      const play = new Rehearsal({ faults: [{ call, kind, after, times: Infinity }] });
      const run = play.begin('2.0.0', { strategy, hooks, policy: { pauseTimeoutMs: 60_000 } });
      const state = await play.ended(run);
      expect(state.outcome).not.toBe(null);
      // Three tries of the longest operation, forwards and backwards, and the waits between.
      expect(play.fleet.clock.now()).toBeLessThan(2 * HOUR_MS);
      expect(state.outcome === 'completed' ? [] : [state.cause?.message]).not.toContain(undefined);
      expect(play.violations).toEqual([]);
    }
  });

  test('a fleet that cannot be looked at is a reason not to begin', async () => {
    const play = new Rehearsal({ faults: [{ call: 'inspect', kind: 'hangs', times: Infinity }] });
    await expect(play.deploy('2.0.0')).rejects.toThrow('the caller gave up');
    expect(play.changes).toEqual([]);
  });
});

describe('a deadline that fires at the wrong time', () => {
  test('no deadline fires while it is paused, and none right after', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    for (const kind of ['bake', 'gate'] as const) {
      await play.until(during(kind));
      await play.pass(30_000);
      await play.signal({ signal: 'pause', by: 'ann' });
      await play.until((state) => state.paused !== null);
      await play.pass(2 * HOUR_MS);
      expect(play.state.direction).toBe('forward');
      await play.signal({ signal: 'resume', by: 'ann' });
      await play.until((state) => state.paused === null);
    }
    // Half of the gate's minute is left.
    await play.pass(25_000);
    await play.signal({ signal: 'approve', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('a pause that nobody ends has a deadline of its own, and it turns back', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy, policy: { pauseTimeoutMs: HOUR_MS } });
    await play.until(during('bake'));
    await play.signal({ signal: 'pause', by: 'ann', reason: 'lunch' });
    const state = await play.ended(run);
    expect([state.outcome, state.cause?.message]).toEqual([
      'rolled-back',
      'nobody resumed it within 3600000 ms (paused by ann: lunch)',
    ]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('no deadline fires once the deployment has ended', async () => {
    const play = new Rehearsal();
    const state = await play.deploy('2.0.0', {
      policy: { pauseTimeoutMs: 60_000, capacityTimeoutMs: 60_000 },
    });
    expect(state.outcome).toBe('completed');
    const [changes, events] = [play.changes.length, play.events.length];
    await play.pass(30 * 24 * HOUR_MS);
    expect([play.changes.length, play.events.length]).toEqual([changes, events]);
    expect((await play.journal.summary(state.id)).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
  });
});
