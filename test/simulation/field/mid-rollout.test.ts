/** What people suffer elsewhere when two deployments meet, or a controller is lost. See docs/field-failures.md. */
import { describe, expect, test } from 'vitest';
import { FencedError, InvalidPlanStateError, LeaseHeldError } from '../../../src/errors.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';
import { all, during, whatRuns } from './looks.ts';

const strategy = canarySteps({ stages: [{ percent: 75, bakeMs: 60_000 }] });

describe('a new version in the middle of a rollout', () => {
  test('a new version in the middle of a rollout is refused, and moves no traffic', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    const { length } = play.changes;
    const before = whatRuns(play);
    await expect(play.deploy('3.0.0')).rejects.toThrow(LeaseHeldError);
    expect(play.changes.length).toBe(length);
    expect(whatRuns(play)).toEqual(before);
    expect((await play.ended(run)).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('what a dead controller left in the middle comes first; then the new version goes over one fleet', async () => {
    const play = new Rehearsal();
    play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    play.kill();
    await play.pass(60_000);
    const refused = play.deploy('3.0.0');
    await expect(refused).rejects.toThrow(InvalidPlanStateError);
    await expect(refused).rejects.toThrow('api-1 (2.0.0) has not ended');
    expect((await play.resume()).outcome).toBe('completed');
    expect((await play.deploy('3.0.0')).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('3.0.0'));
    expect(play.violations).toEqual([]);
  });
});

describe('locks', () => {
  test('a controller that dies leaves no lock that a person has to remove', async () => {
    const play = new Rehearsal();
    play.begin('2.0.0', { strategy });
    await play.until(during('update'));
    play.kill();
    // As long as nobody can know that it is dead, the next one is told who has it.
    await expect(play.resume()).rejects.toThrow(LeaseHeldError);
    await play.pass(6_000);
    expect((await play.resume()).outcome).toBe('completed');
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });

  test('who finds it locked is told who has it, since when, and what for', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    const told = await play.deploy('3.0.0').catch((error: unknown) => error);
    expect(told).toBeInstanceOf(LeaseHeldError);
    expect(told).toMatchObject({ holder: 'controller-1', doing: 'deploying 2.0.0' });
    expect((told as LeaseHeldError).since).toBeLessThan(10);
    expect((await play.ended(run)).outcome).toBe('completed');
  });

  test('a controller that was cut off and comes back does nothing more', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0', { strategy });
    await play.until(during('bake'));
    run.controller.freeze();
    await play.pass(10_000);
    expect((await play.resume()).outcome).toBe('completed');
    const { length } = play.changes;
    run.controller.thaw();
    await expect(play.ended(run)).rejects.toThrow(FencedError);
    await play.pass(60_000);
    expect(play.changes.length).toBe(length);
    expect(whatRuns(play)).toEqual(all('2.0.0'));
    expect(play.violations).toEqual([]);
  });
});
