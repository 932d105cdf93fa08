/** What people suffer elsewhere when they say stop. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, changesLike, during, isRollingBack, whatRuns } from './looks.ts';

const strategy = canarySteps({
  stages: [
    { percent: 25, bakeMs: 60_000 },
    { percent: 50, bakeMs: 60_000 },
  ],
});
const toNew = /^(stage|activate|admit) 2\.0\.0/;

describe('abort', () => {
  test('an abort after promote --full is obeyed', async () => {
    const play = new Rehearsal({ startUpMs: 20_000 });
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    await play.signal({ signal: 'promote', by: 'ann', full: true });
    // It is bringing up the rest now, which takes its time.
    await play.until((state) => during('update')(state) && state.promotedFully);
    await play.signal({ signal: 'abort', by: 'bob', reason: 'errors at the till' });
    const { length } = play.changes;
    await play.until(isRollingBack);
    const state = await play.ended(run);
    expect(state.outcome).toBe('aborted');
    expect(state.cause?.message).toBe('aborted by bob: errors at the till');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    const later = play.changes.slice(length).map(({ what }) => what);
    expect(later.filter((what) => /^(stage|admit) 2\.0\.0/.test(what))).toEqual([]);
    expect(play.violations).toEqual([]);
  });

  test('an abort of a paused deployment is obeyed', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    await play.signal({ signal: 'pause', by: 'ann' });
    await play.until((state) => state.paused !== null);
    await play.pass(3_600_000);
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('aborted');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('a new version that crashes loses its traffic after an abort; nothing waits for it', async () => {
    const crash = { kind: 'crashes', version: '2.0.0', afterMs: 10_000 } as const;
    const play = new Rehearsal({
      sicknesses: [
        { ...crash, target: 't1' },
        { ...crash, target: 't2' },
      ],
      // It cannot even be stopped at first.
      faults: [{ call: 'stop', version: '2.0.0', kind: 'hangs', times: 2 }],
    });
    const run = play.begin('2.0.0', { strategy: canarySteps({ stages: [{ percent: 50, bakeMs: 60_000 }] }) });
    await play.until(during('bake'));
    await play.pass(9_200);
    await play.signal({ signal: 'abort', by: 'ann' });
    const askedAt = play.fleet.clock.now();
    await play.ended(run);
    const back = play.changes.find(({ what }) => what === 'shift 2.0.0 to 0 %');
    expect((back?.at ?? Infinity) - askedAt).toBeLessThan(1_000);
    expect(play.state.outcome).toBe('aborted');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('an aborted deployment stays aborted: nothing takes it up again by itself', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    await play.signal({ signal: 'abort', by: 'ann' });
    const { id } = await play.ended(run);
    const { length } = play.changes;
    await play.pass(24 * 3_600_000);
    await play.signal({ signal: 'retry', by: 'ann' });
    expect((await play.resume()).outcome).toBe('aborted');
    await play.pass(24 * 3_600_000);
    expect(play.changes.length).toBe(length);
    expect((await play.journal.summary(id)).outcome).toBe('aborted');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
  });

  test('an abort that says it is done is done: nothing goes on behind it', async () => {
    // The answer to the start is lost, and what was asked for is slow to come.
    const play = new Rehearsal({
      startUpMs: 20_000,
      faults: [{ call: 'activate', version: '2.0.0', kind: 'hangs-after', times: 4 }],
    });
    const run = play.begin('2.0.0', { policy: { concurrency: 4 } });
    await play.until(during('update'));
    await play.pass(300);
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('aborted');
    const { length } = play.changes;
    await play.pass(3_600_000);
    expect(play.changes.length).toBe(length);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('retry', () => {
  test('a retry has all its time again, and does not end at the old deadline', async () => {
    // Not healthy at first; well for good once it has been started anew.
    const play = new Rehearsal({ faults: [{ call: 'activate', version: '2.0.0', times: 3 }] });
    const policy = { onFailure: 'pause', pauseTimeoutMs: 3_600_000, maxAttempts: 3 } as const;
    const run = play.begin('2.0.0', { policy });
    await play.until((state) => state.paused !== null);
    await play.pass(3_500_000);
    await play.signal({ signal: 'retry', by: 'ann' });
    await play.until((state) => state.paused === null);
    await play.signal({ signal: 'pause', by: 'ann' });
    await play.until((state) => state.paused !== null);
    // Past the deadline of the first pause.
    await play.pass(3_500_000);
    expect(play.state.direction).toBe('forward');
    await play.signal({ signal: 'resume', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('the same version, deployed again after an abort, begins afresh', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('aborted');
    expect(changesLike(play, toNew)).not.toEqual([]);
    expect((await play.deploy('2.0.0', { strategy })).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });
});
