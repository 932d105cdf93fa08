/** What people suffer elsewhere from fleets of many targets. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import type { RehearsedFault } from '../../../src/testing/simulation/rehearsal-options.ts';
import { all, changesLike, during, whatRuns } from './looks.ts';

function broken(...targets: string[]) {
  return targets.map((target) => ({ kind: 'never-healthy', target, version: '2.0.0' }) as const);
}

describe('one bad target', () => {
  test('one bad target does not end the deployment of the others, and is named', async () => {
    const play = new Rehearsal({ targets: 10, sicknesses: broken('t3') });
    const state = await play.deploy('2.0.0', { policy: { maxFailures: 1 } });
    expect(state.outcome).toBe('completed');
    const failed = state.plan.targets.filter((_target, index) => state.targets.get(index).failure !== null);
    expect(failed.map(({ id }) => id)).toEqual(['t3']);
    expect(state.targets.get(2).failure?.message).toMatch(/^not healthy after/);
    expect(whatRuns(play)).toEqual(
      all('2.0.0', 10)
        .map((line) => (line.startsWith('t3 ') ? 't3 1.0.0' : line))
        .toSorted(),
    );
    expect(play.violations).toEqual([]);
  });

  test('without a budget a partial failure leaves no mixed fleet: all go back', async () => {
    const play = new Rehearsal({ targets: 4, sicknesses: broken('t3') });
    const state = await play.deploy('2.0.0');
    expect([state.outcome, state.cause?.target]).toEqual(['rolled-back', 't3']);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('the failure budget', () => {
  const rolling = (batchSize: number) => rollingSteps({ batchSize });

  test('a batch that fails altogether does not end it, as long as the budget lasts', async () => {
    const play = new Rehearsal({ targets: 6, sicknesses: broken('t1', 't2') });
    const state = await play.deploy('2.0.0', { strategy: rolling(2), policy: { maxFailures: 2 } });
    expect(state.outcome).toBe('completed');
    expect(whatRuns(play)).toEqual([...all('1.0.0', 2), ...all('2.0.0', 6).slice(2)]);
    expect(play.violations).toEqual([]);
  });

  test('it counts over the whole deployment, whatever the batches', async () => {
    for (const batchSize of [1, 2, 3, 6]) {
      const within = new Rehearsal({ targets: 6, sicknesses: broken('t1', 't6') });
      const enough = { strategy: rolling(batchSize), policy: { maxFailures: 2 } };
      expect([batchSize, (await within.deploy('2.0.0', enough)).outcome]).toEqual([batchSize, 'completed']);
      const beyond = new Rehearsal({ targets: 6, sicknesses: broken('t1', 't6') });
      const tooFew = { strategy: rolling(batchSize), policy: { maxFailures: 1 } };
      expect([batchSize, (await beyond.deploy('2.0.0', tooFew)).outcome]).toEqual([batchSize, 'rolled-back']);
      expect(whatRuns(beyond)).toEqual(all('1.0.0', 6));
      expect([...within.violations, ...beyond.violations]).toEqual([]);
    }
  });

  test('a budget for each batch ends it sooner, and begins anew with the next', async () => {
    const policy = { maxFailures: 3, maxFailuresPerBatch: '50%' } as const;
    const apart = new Rehearsal({ targets: 6, sicknesses: broken('t1', 't3', 't5') });
    expect((await apart.deploy('2.0.0', { strategy: rolling(2), policy })).outcome).toBe('completed');
    const together = new Rehearsal({ targets: 6, sicknesses: broken('t3', 't4') });
    expect((await together.deploy('2.0.0', { strategy: rolling(2), policy })).outcome).toBe('rolled-back');
    expect(changesLike(together, /^activate 2\.0\.0 on t[56]/)).toEqual([]);
    expect(whatRuns(together)).toEqual(all('1.0.0', 6));
    expect([...apart.violations, ...together.violations]).toEqual([]);
  });

  test('one failure more than the budget ends it at once: no further target is begun', async () => {
    const play = new Rehearsal({ targets: 6, sicknesses: broken('t1', 't2') });
    expect((await play.deploy('2.0.0', { policy: { maxFailures: 1 } })).outcome).toBe('rolled-back');
    expect(changesLike(play, /^activate 2\.0\.0/)).toEqual(['activate 2.0.0 on t1', 'activate 2.0.0 on t2']);
    expect(whatRuns(play)).toEqual(all('1.0.0', 6));
  });
});

describe('what is no longer wanted', () => {
  test('a target that is removed from the config is stopped, not forgotten', async () => {
    const play = new Rehearsal();
    expect((await play.deploy('2.0.0', { wanted: 2 })).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0', 2));
    expect(play.violations).toEqual([]);
  });

  test('also when nothing else changes', async () => {
    const play = new Rehearsal();
    expect((await play.deploy('1.0.0', { wanted: 3 })).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('1.0.0', 3));
    expect(play.violations).toEqual([]);
  });

  test('it keeps what it has until the others are well, and when they are not', async () => {
    const play = new Rehearsal({ sicknesses: broken('t1') });
    expect((await play.deploy('2.0.0', { wanted: 2 })).outcome).toBe('rolled-back');
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('the releases that are kept', () => {
  test('failed releases do not push good ones out of those that are kept', async () => {
    const sick = (version: string) => ({ kind: 'exits', target: 't1', version, afterMs: 100 }) as const;
    const versions = ['2.1.0', '2.2.0', '2.3.0', '2.4.0', '2.5.0'];
    const play = new Rehearsal({ targets: 1, sicknesses: versions.map(sick) });
    const policy = { keepReleases: 2 };
    await play.deploy('1.1.0', { policy });
    await play.deploy('2.0.0', { policy });
    for (const version of versions) {
      expect((await play.deploy(version, { policy })).outcome).toBe('rolled-back');
    }
    expect((await play.deploy('3.0.0', { policy })).outcome).toBe('completed');
    expect(changesLike(play, /^prune/)).toEqual([
      'prune t1, keeping 1.1.0, 1.0.0',
      'prune t1, keeping 2.0.0, 1.1.0',
      ...versions.map(() => 'prune t1, keeping 2.0.0, 1.1.0'),
      'prune t1, keeping 3.0.0, 2.0.0',
    ]);
  });

  test('a hundred deployments that fail leave no more on the disks than one', {
    timeout: 60_000,
  }, async () => {
    const versions = Array.from({ length: 100 }, (_, at) => `2.0.${at}`);
    const sick = versions.map((version) => ({ kind: 'never-healthy', target: 't2', version }) as const);
    const play = new Rehearsal({ targets: 2, sicknesses: sick });
    for (const version of versions) {
      expect((await play.deploy(version, { policy: { keepReleases: 2 } })).outcome).toBe('rolled-back');
      expect(play.copies).toEqual(all('1.0.0', 2));
    }
    expect(whatRuns(play)).toEqual(all('1.0.0', 2));
    expect(play.violations).toEqual([]);
  });

  test('a first deployment that fails leaves nothing on the disks', async () => {
    const play = new Rehearsal({ running: null, sicknesses: broken('t3') });
    expect((await play.deploy('2.0.0')).outcome).toBe('rolled-back');
    expect([whatRuns(play), play.copies]).toEqual([[], []]);
    expect(play.violations).toEqual([]);
  });

  test('one that fails before anything has moved, or as it is copied, leaves nothing of it either', async () => {
    for (const fault of [{ call: 'hook' }, { call: 'stage', target: 't2', kind: 'hangs-after', times: 9 }]) {
      const play = new Rehearsal({ faults: [fault as RehearsedFault] });
      expect((await play.deploy('2.0.0', { hooks: { before: ['migrate'] } })).outcome).toBe('rolled-back');
      expect(play.copies).toEqual(all('1.0.0'));
      expect(play.violations).toEqual([]);
    }
  });

  test('a good release that is deployed again, and fails, is not lost', async () => {
    const play = new Rehearsal({ targets: 1, running: null });
    await play.deploy('1.0.0');
    await play.deploy('2.0.0');
    const run = play.begin('1.0.0');
    await play.until(during('update'));
    await play.signal({ signal: 'abort', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('aborted');
    expect([whatRuns(play), play.copies]).toEqual([['t1 2.0.0'], ['t1 1.0.0', 't1 2.0.0']]);
  });

  test('a copy that cannot be deleted does not make a failure of the rollback, and goes the next time', async () => {
    const play = new Rehearsal({
      targets: 1,
      sicknesses: ['2.0.0', '2.1.0'].map((version) => ({ kind: 'never-healthy', target: 't1', version })),
      faults: [{ call: 'prune', times: 3 }],
    });
    const state = await play.deploy('2.0.0');
    expect([state.outcome, state.cause?.message.slice(0, 11)]).toEqual(['rolled-back', 'not healthy']);
    expect(play.copies).toEqual(['t1 1.0.0', 't1 2.0.0']);
    expect((await play.deploy('2.1.0')).outcome).toBe('rolled-back');
    expect(play.copies).toEqual(['t1 1.0.0']);
  });

  test('nothing is deleted where a failure leaves everything as it is', async () => {
    const play = new Rehearsal({ targets: 2, sicknesses: broken('t2') });
    expect((await play.deploy('2.0.0', { policy: { onFailure: 'stop' } })).outcome).toBe('failed');
    expect(changesLike(play, /^prune/)).toEqual([]);
  });

  test('nor does a failed release that was left running', async () => {
    const play = new Rehearsal({
      targets: 1,
      can: { beside: false },
      sicknesses: [{ kind: 'never-healthy', target: 't1', version: '2.1.0' }],
    });
    const policy = { keepReleases: 2 };
    await play.deploy('2.0.0', { policy });
    const left = await play.deploy('2.1.0', { policy: { ...policy, onFailure: 'stop' } });
    expect([left.outcome, whatRuns(play)]).toEqual(['failed', ['t1 2.1.0, no traffic']]);
    expect((await play.deploy('3.0.0', { policy })).outcome).toBe('completed');
    expect(changesLike(play, /^prune/).at(-1)).toBe('prune t1, keeping 3.0.0, 2.1.0, 2.0.0');
    expect(whatRuns(play)).toEqual(['t1 3.0.0']);
  });
});
