/** What people suffer elsewhere from verdicts that lie. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, changesLike, during, whatRuns } from './looks.ts';

const strategy = canarySteps({
  stages: [
    { percent: 25, bakeMs: 60_000 },
    { percent: 100, bakeMs: 0 },
  ],
});
/** From the canary's bake on, no question finds an answer. */
const noData = { call: 'check', target: 't1', version: '2.0.0', after: 30, times: Infinity } as const;
const policy = { pauseTimeoutMs: 3_600_000 };

describe('bad', () => {
  test('checks that all fail are never green', async () => {
    const play = new Rehearsal({
      sicknesses: [{ kind: 'falls-ill', target: 't1', version: '2.0.0', afterMs: 5_000 }],
    });
    const state = await play.deploy('2.0.0', { strategy });
    expect([state.outcome, state.cause?.message]).toEqual([
      'rolled-back',
      't1: simulated: simulated sickness',
    ]);
    expect(changesLike(play, /on t[234]/).filter((what) => !what.startsWith('stage'))).toEqual([]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('checks that all fail are not outvoted by promote --full', async () => {
    const play = new Rehearsal({
      sicknesses: [{ kind: 'falls-ill', target: 't1', version: '2.0.0', afterMs: 5_000 }],
    });
    const run = play.begin('2.0.0', {
      strategy: canarySteps({ stages: [{ percent: 25, bakeMs: 0, gate: 'go?' }] }),
    });
    await play.until(during('gate'));
    await play.pass(10_000);
    await play.signal({ signal: 'promote', by: 'ann', full: true });
    const state = await play.ended(run);
    expect([state.outcome, state.cause?.message]).toEqual([
      'rolled-back',
      '100 % of the traffic needs 4 healthy targets on 2.0.0, there are 3',
    ]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('cut short', () => {
  test('a check that is cut short is no success', async () => {
    const play = new Rehearsal({ faults: [{ ...noData, kind: 'hangs' }] });
    const state = await play.deploy('2.0.0', { strategy, policy });
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause?.message).toMatch(/^t1: simulated: timed out after 1000 ms$/);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('no data', () => {
  test('no data is not good: it promotes nothing, and nobody who decides means back', async () => {
    const play = new Rehearsal({ faults: [noData] });
    const state = await play.deploy('2.0.0', { strategy, policy });
    expect([state.outcome, state.cause?.message]).toEqual([
      'rolled-back',
      'nobody resumed it within 3600000 ms (the checks gave no verdict)',
    ]);
    expect(changesLike(play, /(activate|admit) 2\.0\.0 on t[234]/)).toEqual([]);
    expect(whatRuns(play)).toEqual(all('1.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('no data is not bad: it waits for a person, who may go on without', async () => {
    const play = new Rehearsal({ faults: [noData] });
    const run = play.begin('2.0.0', { strategy, policy });
    await play.until((state) => state.paused !== null);
    expect(play.state.paused?.cause).toEqual({ kind: 'inconclusive', message: 'the checks gave no verdict' });
    expect(whatRuns(play)).toEqual(['t1 1.0.0', 't1 2.0.0', ...all('1.0.0').slice(1)]);
    await play.signal({ signal: 'promote', by: 'ann' });
    // Of the whole fleet it is asked once more.
    await play.until((state) => state.paused !== null && during('verify')(state));
    await play.signal({ signal: 'promote', by: 'ann' });
    expect((await play.ended(run)).outcome).toBe('completed');
    const notes = play.events.flatMap((event) => (event.type === 'step-finished' ? (event.note ?? []) : []));
    expect(notes).toEqual(['promoted without a verdict', 'promoted without a verdict']);
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('data that comes late is waited for: what is asked again and answers goes on by itself', async () => {
    const play = new Rehearsal({ faults: [{ ...noData, times: 20 }] });
    const state = await play.deploy('2.0.0', { strategy, policy });
    expect(state.outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });
});
