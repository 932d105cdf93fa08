/** What people suffer elsewhere from hooks. See docs/field-failures.md. */
import { expect, test } from 'vitest';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, during, whatRuns } from './looks.ts';

const hooks = { before: ['migrate'], after: ['tell'], onFailure: ['page', 'clean'] };
const ill = { kind: 'exits', target: 't2', version: '2.0.0', afterMs: 100 } as const;

function hooksRun({ fleet }: Rehearsal): string[] {
  return fleet.hookRuns.map(({ name, subject }) => `${name} ${subject.direction} ${subject.attempt}`);
}

test('hooks run once each when all goes well', async () => {
  const play = new Rehearsal();
  expect((await play.deploy('2.0.0', { hooks })).outcome).toBe('completed');
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'tell forward 1']);
});

test('hooks for a failure run once each, after the rollback, and those for success do not', async () => {
  const play = new Rehearsal({ sicknesses: [ill] });
  expect((await play.deploy('2.0.0', { hooks })).outcome).toBe('rolled-back');
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'page back 1', 'clean back 1']);
  expect(whatRuns(play)).toEqual(all('1.0.0'));
  expect(play.violations).toEqual([]);
});

test('hooks for a failure run after an abort, too', async () => {
  const play = new Rehearsal();
  const run = play.begin('2.0.0', { hooks });
  await play.until(during('update'));
  await play.signal({ signal: 'abort', by: 'ann' });
  expect((await play.ended(run)).outcome).toBe('aborted');
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'page back 1', 'clean back 1']);
});

test('a hook before everything that fails ends it before anything has moved', async () => {
  const play = new Rehearsal({ faults: [{ call: 'hook' }] });
  const state = await play.deploy('2.0.0', { hooks });
  expect([state.outcome, state.cause?.message]).toEqual(['rolled-back', 'hook: simulated failure']);
  expect(play.changes.filter(({ what }) => !what.startsWith('stage'))).toEqual([]);
  expect(hooksRun(play)).toEqual(['page back 1', 'clean back 1']);
});

test('a hook that failed is not run a second time', async () => {
  const play = new Rehearsal({ faults: [{ call: 'hook', kind: 'reply-lost' }] });
  expect((await play.deploy('2.0.0', { hooks, policy: { maxAttempts: 5 } })).outcome).toBe('rolled-back');
  expect(hooksRun(play).filter((run) => run.startsWith('migrate'))).toEqual(['migrate forward 1']);
});

test('a hook whose controller died is run again, and is told that it is', async () => {
  const play = new Rehearsal({ faults: [{ call: 'hook', kind: 'hangs-after' }] });
  play.begin('2.0.0', { hooks });
  await play.until(during('hook'));
  await play.pass(100);
  play.kill();
  await play.pass(10_000);
  expect((await play.resume()).outcome).toBe('completed');
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'migrate forward 2', 'tell forward 1']);
  expect(whatRuns(play)).toEqual(all('2.0.0'));
  expect(play.violations).toEqual([]);
});
