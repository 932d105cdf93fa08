/** What people suffer elsewhere from hooks. See docs/field-failures.md. */
import { expect, test } from 'vitest';
import { sentenceOf } from '../../../src/domain/outcome.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, during, whatRuns } from './looks.ts';

const hooks = { before: ['migrate'], after: ['tell'], onFailure: ['page', 'clean'] };
const ill = { kind: 'exits', target: 't2', version: '2.0.0', afterMs: 100 } as const;

/** What the hooks for a failure were told, and by whom they were run. */
function told({ fleet }: Rehearsal): string[] {
  return fleet.hookRuns
    .filter(({ name }) => hooks.onFailure.includes(name))
    .map(({ name, subject }) => `${name} ${subject.attempt}: ${subject.outcome}, ${subject.reason}`);
}

function because({ cause }: DeploymentState): string {
  return cause === null ? '' : sentenceOf(cause);
}

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

test('hooks for a failure run where it stops and leaves everything as it is', async () => {
  const play = new Rehearsal({ sicknesses: [ill] });
  const state = await play.deploy('2.0.0', { hooks, policy: { onFailure: 'stop' } });
  expect([state.outcome, state.cause?.target]).toEqual(['failed', 't2']);
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'page forward 1', 'clean forward 1']);
  expect(told(play)).toEqual(['page', 'clean'].map((name) => `${name} 1: failed, ${because(state)}`));
  expect(whatRuns(play).filter((line) => line.endsWith(' 2.0.0'))).toEqual(['t1 2.0.0']);
  expect(play.violations).toEqual([]);
});

test('hooks for a failure run when a rollback cannot be finished', async () => {
  const play = new Rehearsal({ sicknesses: [ill], faults: [{ call: 'shift', after: 2, times: 99 }] });
  const strategy = canarySteps({ stages: [{ percent: 25 }, { percent: 100 }] });
  const state = await play.deploy('2.0.0', { hooks, strategy });
  expect([state.outcome, state.direction, state.cause?.message]).toEqual([
    'failed',
    'back',
    'shift: simulated failure',
  ]);
  expect(hooksRun(play)).toEqual(['migrate forward 1', 'page back 1', 'clean back 1']);
  expect(told(play)).toEqual([
    'page 1: failed, shift: simulated failure',
    'clean 1: failed, shift: simulated failure',
  ]);
  expect(play.violations).toEqual([]);
});

test('hooks for a failure run when a target could not go back, too', async () => {
  const play = new Rehearsal({
    can: { beside: false },
    sicknesses: [{ ...ill, target: 't1' }],
    faults: [{ call: 'activate', target: 't1', version: '1.0.0', times: 99 }],
  });
  expect((await play.deploy('2.0.0', { hooks, strategy: rollingSteps({ inPlace: true }) })).outcome).toBe(
    'failed',
  );
  expect(told(play).map((line) => line.slice(0, 15))).toEqual(['page 1: failed,', 'clean 1: failed']);
});

test('hooks for a failure are told what it came to, and why', async () => {
  const back = new Rehearsal({ sicknesses: [ill] });
  const state = await back.deploy('2.0.0', { hooks });
  expect(told(back)).toEqual(['page', 'clean'].map((name) => `${name} 1: rolled-back, ${because(state)}`));
  const stopped = new Rehearsal();
  const run = stopped.begin('2.0.0', { hooks });
  await stopped.until(during('update'));
  await stopped.signal({ signal: 'abort', by: 'ann' });
  await stopped.ended(run);
  expect(told(stopped)).toEqual(['page 1: aborted, aborted by ann', 'clean 1: aborted, aborted by ann']);
});

test('a hook for a failure that fails changes nothing, and the others run', async () => {
  for (const [onFailure, outcome] of [
    ['rollback', 'rolled-back'],
    ['stop', 'failed'],
  ] as const) {
    const play = new Rehearsal({ sicknesses: [ill], faults: [{ call: 'hook', after: 1 }] });
    const state = await play.deploy('2.0.0', { hooks, policy: { onFailure } });
    expect([state.outcome, state.cause?.target]).toEqual([outcome, 't2']);
    expect(told(play)).toEqual([`clean 1: ${outcome}, ${because(state)}`]);
    const notes = play.events.flatMap((event) => (event.type === 'step-finished' && event.note) || []);
    expect(notes).toEqual(['hook: simulated failure']);
    expect(play.violations).toEqual([]);
  }
});

test('a hook for a failure whose controller died is run again, and the end is the same', async () => {
  const play = new Rehearsal({
    sicknesses: [ill],
    faults: [{ call: 'hook', kind: 'hangs-after', after: 1 }],
  });
  play.begin('2.0.0', { hooks, policy: { onFailure: 'stop' } });
  await play.until((state) => state.stopped && state.step !== null);
  await play.pass(100);
  play.kill();
  await play.pass(10_000);
  const state = await play.resume();
  expect([state.outcome, state.cause?.target]).toEqual(['failed', 't2']);
  expect(hooksRun(play).slice(1)).toEqual(['page forward 1', 'page forward 2', 'clean forward 1']);
  expect(play.violations).toEqual([]);
});

test('nobody turns it back once it has stopped: its end is known, and only hooks are left', async () => {
  const play = new Rehearsal({ sicknesses: [ill], faults: [{ call: 'hook', kind: 'slow', after: 1 }] });
  const run = play.begin('2.0.0', { hooks, policy: { onFailure: 'stop' } });
  await play.until((state) => state.stopped && state.step !== null);
  await play.signal({ signal: 'abort', by: 'ann' });
  expect((await play.ended(run)).outcome).toBe('failed');
  expect(play.events.flatMap((event) => (event.type === 'signal-received' ? [event.refused] : []))).toEqual([
    'it has failed, and only its hooks are left',
  ]);
});

test('a hook before everything that fails ends it before anything has moved', async () => {
  const play = new Rehearsal({ faults: [{ call: 'hook' }] });
  const state = await play.deploy('2.0.0', { hooks });
  expect([state.outcome, state.cause?.message]).toEqual(['rolled-back', 'hook: simulated failure']);
  expect(play.changes.filter(({ what }) => !/^(stage|prune) /.test(what))).toEqual([]);
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
