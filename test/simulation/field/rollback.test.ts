/** What people suffer elsewhere when a release has to go back. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { allAtOnceSteps } from '../../../src/strategies/all-at-once.ts';
import { blueGreenSteps } from '../../../src/strategies/blue-green.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, changesLike, during, isRollingBack, whatRuns } from './looks.ts';

/** Where only one release can run on a target. */
const oneAtATime = { beside: false } as const;

describe('the only healthy copy', () => {
  test('a rollback does not kill the only healthy copy', async () => {
    // The new is healthy on t1 and never on t2; and by now the old does not start on t2 any more.
    const play = new Rehearsal({
      targets: 2,
      can: oneAtATime,
      sicknesses: [{ kind: 'never-healthy', target: 't2', version: '2.0.0' }],
      faults: [{ call: 'activate', target: 't2', version: '1.0.0', times: 99 }],
    });
    const state = await play.deploy('2.0.0', { policy: { minAvailable: 1 } });
    expect(state.outcome).toBe('failed');
    expect(whatRuns(play)).toEqual(['t1 2.0.0', 't2 2.0.0, no traffic']);
    expect(Math.min(...play.changes.map(({ serving }) => serving))).toBe(1);
    expect(play.violations).toEqual([]);
  });

  test('a rollback keeps the only copy that a drain without an answer may have left in', async () => {
    const play = new Rehearsal({
      targets: 2,
      can: oneAtATime,
      faults: [{ call: 'drain', target: 't1', version: '2.0.0', kind: 'hangs' }],
    });
    const strategy = rollingSteps({ batchSize: 1, pauseMs: 60_000 });
    const run = play.begin('2.0.0', { strategy, policy: { minAvailable: 1, maxAttempts: 1 } });
    await play.until(during('bake'));
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('failed');
    expect(whatRuns(play)).toEqual(['t1 2.0.0', 't2 1.0.0']);
    expect(changesLike(play, /(drain|stop) 2\.0\.0/)).toEqual([]);
    expect(play.violations).toEqual([]);
  });

  test('what was not touched is not restarted by a rollback', async () => {
    const play = new Rehearsal({
      sicknesses: [{ kind: 'exits', target: 't1', version: '2.0.0', afterMs: 100 }],
    });
    expect((await play.deploy('2.0.0')).outcome).toBe('rolled-back');
    expect(changesLike(play, /^(?!prune).*1\.0\.0/)).toEqual([]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('the old is not stopped before the new is known to be well', async () => {
    const strategies = [rollingSteps(), canarySteps(), blueGreenSteps(), allAtOnceSteps()];
    for (const strategy of strategies) {
      // It runs, and never listens.
      const play = new Rehearsal({
        sicknesses: all('').map((_, index) => ({
          kind: 'never-healthy' as const,
          target: `t${index + 1}`,
          version: '2.0.0',
        })),
      });
      const state = await play.deploy('2.0.0', { strategy });
      expect([strategy.name, state.outcome]).toEqual([strategy.name, 'rolled-back']);
      expect(state.cause?.message).toMatch(/^not healthy after \d+ ms: simulated: simulated sickness$/);
      expect(changesLike(play, /(drain|stop) 1\.0\.0/)).toEqual([]);
      expect(whatRuns(play)).toEqual(all('1.0.0'));
      expect(play.violations).toEqual([]);
    }
  });
});

describe('traffic and capacity', () => {
  test('a rollback moves the traffic only once the old can carry it again', async () => {
    const strategy = canarySteps({ stages: [{ percent: 75, bakeMs: 60_000 }] });
    const dead = { kind: 'crashes', version: '1.0.0', afterMs: 10_000 } as const;
    const play = new Rehearsal({
      startUpMs: 2_000,
      sicknesses: [
        { ...dead, target: 't1' },
        { ...dead, target: 't2' },
        { ...dead, target: 't3' },
      ],
    });
    const run = play.begin('2.0.0', { strategy, policy: { minAvailable: 3 } });
    await play.until(during('bake'));
    await play.pass(12_000);
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('aborted');
    const back = changesLike(play, /^(activate|admit) 1\.0\.0|^shift|^stop 2\.0\.0/);
    const shiftedBack = back.lastIndexOf('shift 2.0.0 to 0 %');
    for (const target of ['t1', 't2', 't3']) {
      expect(back.indexOf(`admit 1.0.0 on ${target}`)).toBeLessThan(shiftedBack);
      expect(back.indexOf(`stop 2.0.0 on ${target}`)).toBeGreaterThan(shiftedBack);
    }
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('a rollback counts what an admit that never answered has let in', async () => {
    // t2 serves although its admit failed, when t1 falls ill: with t3 it is one of the two that are to serve.
    const play = new Rehearsal({
      targets: 3,
      faults: [{ call: 'admit', target: 't2', version: '2.0.0', kind: 'hangs-after', times: 99 }],
      sicknesses: [{ kind: 'falls-ill', target: 't1', version: '2.0.0', afterMs: 10_000 }],
    });
    const strategy = rollingSteps({ batchSize: 1, inPlace: true });
    const state = await play.deploy('2.0.0', { strategy, policy: { minAvailable: 2, maxAttempts: 1 } });
    expect(state.outcome).toBe('rolled-back');
    expect(Math.min(...play.changes.map(({ serving }) => serving))).toBe(2);
    expect(changesLike(play, /^drain 2\.0\.0/)).toEqual(['drain 2.0.0 on t1', 'drain 2.0.0 on t2']);
    expect(whatRuns(play)).toEqual(all('1.0.0', 3));
    expect(play.violations).toEqual([]);
  });

  test('a rollback does not move the traffic to what is dead and stays dead', async () => {
    const strategy = canarySteps({ stages: [{ percent: 50, bakeMs: 60_000 }] });
    const play = new Rehearsal({
      targets: 2,
      sicknesses: ['t1', 't2'].map(
        (target) => ({ kind: 'crashes', target, version: '1.0.0', afterMs: 10_000 }) as const,
      ),
      faults: [{ call: 'activate', version: '1.0.0', times: 99 }],
    });
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    await play.pass(12_000);
    await play.signal({ signal: 'abort', by: 'ann' });
    const state = await play.ended(run);
    expect([state.outcome, state.cause?.message]).toEqual([
      'failed',
      'only 0 of 2 targets are healthy on what ran before',
    ]);
    expect(changesLike(play, /^shift/)).toEqual(['shift 2.0.0 to 0 %', 'shift 2.0.0 to 50 %']);
    expect(whatRuns(play)).toEqual(['t1 1.0.0, exited', 't1 2.0.0', 't2 1.0.0, exited']);
    expect(play.violations).toEqual([]);
  });

  test('traffic moves forward only to capacity that is there', async () => {
    // One of the two that are to carry half of it fails, and that is tolerated.
    const play = new Rehearsal({
      sicknesses: [{ kind: 'never-healthy', target: 't2', version: '2.0.0' }],
    });
    const strategy = canarySteps({ stages: [{ percent: 50, bakeMs: 1_000 }] });
    const state = await play.deploy('2.0.0', { strategy, policy: { maxFailures: 1 } });
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause?.message).toBe('50 % of the traffic needs 2 healthy targets on 2.0.0, there are 1');
    expect(changesLike(play, /^shift/)).not.toContain('shift 2.0.0 to 50 %');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('going round in circles', () => {
  test('a rollback that fails has an end, and is never rolled back itself', async () => {
    const play = new Rehearsal({
      targets: 2,
      can: oneAtATime,
      sicknesses: [{ kind: 'never-healthy', target: 't2', version: '2.0.0' }],
      faults: [{ call: 'activate', version: '1.0.0', times: 99 }],
    });
    const run = play.begin('2.0.0');
    await play.until(isRollingBack);
    const { length } = play.changes;
    for (const signal of ['pause', 'promote', 'resume', 'retry'] as const) {
      await play.signal({ signal, by: 'ann' });
    }
    expect((await play.ended(run)).outcome).toBe('failed');
    const later = play.changes.slice(length).map(({ what }) => what);
    expect(later.filter((what) => /^(stage|activate|admit) 2\.0\.0/.test(what))).toEqual([]);
    const told = play.events.flatMap((event) =>
      event.type === 'signal-received' ? [`${event.signal.signal}: ${event.refused}`] : [],
    );
    expect(told).toEqual([
      'pause: it is rolling back',
      'promote: it is rolling back',
      'resume: it is rolling back',
      'retry: it is rolling back',
    ]);
    const turns = play.events.filter((event) => event.type === 'rollback-started');
    expect(turns.length).toBe(1);
    expect(play.violations).toEqual([]);
  });

  test('going back to a release that ran before is one deployment, with an end', async () => {
    const play = new Rehearsal();
    expect((await play.deploy('2.0.0')).outcome).toBe('completed');
    const { length } = play.changes;
    expect((await play.deploy('1.0.0')).outcome).toBe('completed');
    const back = play.changes.slice(length).map(({ what }) => what);
    expect(back.filter((what) => what.startsWith('activate'))).toEqual(
      all('').map((_, index) => `activate 1.0.0 on t${index + 1}`),
    );
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('deploying what runs already changes nothing, however often', async () => {
    const play = new Rehearsal();
    for (let turn = 0; turn < 3; turn++) {
      const state = await play.deploy('1.0.0');
      expect([state.outcome, state.steps]).toEqual(['completed', []]);
    }
    expect(play.changes).toEqual([]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
  });

  test('a fleet left in between goes back by deploying the old version: only what differs is touched', async () => {
    const play = new Rehearsal({
      sicknesses: [{ kind: 'exits', target: 't3', version: '2.0.0', afterMs: 100 }],
    });
    expect((await play.deploy('2.0.0', { policy: { onFailure: 'stop' } })).outcome).toBe('failed');
    expect(play.running.filter(({ traffic }) => traffic).map(({ version }) => version)).toEqual([
      '2.0.0',
      '2.0.0',
      '1.0.0',
      '1.0.0',
    ]);
    const { length } = play.changes;
    expect((await play.deploy('1.0.0')).outcome).toBe('completed');
    const changed = play.changes.slice(length).map(({ what }) => what);
    expect(changed.filter((what) => what.startsWith('activate'))).toEqual([
      'activate 1.0.0 on t1',
      'activate 1.0.0 on t2',
      'activate 1.0.0 on t3',
    ]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});
