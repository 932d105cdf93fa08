/** Targets that nobody can reach, at every moment of a deployment. On servers: in place, without a router. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/domain/policy.ts';
import type { DeploymentState } from '../../src/domain/state.ts';
import { UnreachableError } from '../../src/errors.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import { Rehearsal } from '../../src/testing/simulation/rehearsal.ts';

const strategy = rollingSteps({ batchSize: 1 });
const can = { beside: false, routed: false };
/** As `sluice` makes it for four servers, one at a time. */
const oneAtATime: Partial<Policy> = { minAvailable: 3, leastAvailable: 0, backoffMs: 10 };

function versions(play: Rehearsal): string[] {
  return play.running.map(({ target, version }) => `${target} ${version}`);
}

function failures({ plan, targets }: DeploymentState): string[] {
  return plan.targets.flatMap(({ id }, index) => {
    const { failure } = targets.get(index);
    return failure === null
      ? []
      : [`${id}: ${failure.message}${failure.unreachable ? ' (unreachable)' : ''}`];
  });
}

async function refusal(deploying: Promise<unknown>): Promise<unknown> {
  return await deploying.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('at the start', () => {
  test('without a budget nothing is begun, and the error names them', async () => {
    const play = new Rehearsal({ can });
    play.fleet.away.add('t2').add('t4');
    const error = await refusal(play.deploy('2.0.0', { strategy, policy: oneAtATime }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as Error).message).toBe(
      '2 of 4 targets cannot be reached, and none may fail. t2: t2 cannot be reached, as simulated; t4: t4 cannot be reached, as simulated',
    );
    expect(await play.journal.list({})).toEqual([]);
    expect(play.changes).toEqual([]);
  });

  test('within the budget the others are deployed, and it is named what was left behind', async () => {
    const play = new Rehearsal({ can });
    play.fleet.away.add('t2');
    const policy = { ...oneAtATime, maxFailures: 1 };
    const state = await play.deploy('2.0.0', { strategy, policy });
    expect(state.outcome).toBe('completed');
    expect(failures(state)).toEqual(['t2: t2 cannot be reached, as simulated (unreachable)']);
    expect(versions(play)).toEqual(['t1 2.0.0', 't2 1.0.0', 't3 2.0.0', 't4 2.0.0']);
    expect(Math.min(...play.changes.map(({ serving }) => serving))).toBe(3);
    expect(play.changes.filter(({ what }) => what.includes('t2'))).toEqual([]);
    expect(play.violations).toEqual([]);
  });

  test('a budget for all of them is none: with nobody to deploy to nothing is begun', async () => {
    const play = new Rehearsal({ can, targets: 2 });
    play.fleet.away.add('t1').add('t2');
    const error = await refusal(play.deploy('2.0.0', { strategy, policy: { maxFailures: 2 } }));
    expect((error as Error).message).toMatch(/^2 of 2 targets cannot be reached, and 2 may fail\./);
  });

  test('one that leaves and cannot be reached holds nobody up', async () => {
    const play = new Rehearsal({ can });
    play.fleet.away.add('t4');
    const state = await play.deploy('2.0.0', { strategy, wanted: 3 });
    expect(state.outcome).toBe('completed');
    expect(failures(state)).toEqual(['t4: t4 cannot be reached, as simulated (unreachable)']);
    expect(versions(play)).toEqual(['t1 2.0.0', 't2 2.0.0', 't3 2.0.0', 't4 1.0.0']);
  });

  test('a bound on availability that somebody asked for does not give way', async () => {
    const play = new Rehearsal({ can });
    play.fleet.away.add('t2');
    const policy = { ...oneAtATime, leastAvailable: 3, maxFailures: 1, capacityTimeoutMs: 500 };
    const state = await play.deploy('2.0.0', { strategy, policy });
    expect([state.outcome, state.cause?.message]).toEqual([
      'rolled-back',
      'going on would leave fewer than 3 healthy targets (3 now)',
    ]);
    expect(versions(play)).toEqual(['t1 1.0.0', 't2 1.0.0', 't3 1.0.0', 't4 1.0.0']);
  });
});

describe('in the middle', () => {
  /** Deploys until t2 runs the new; then `lost` is out of reach. */
  async function halfWay(lost: string, policy: Partial<Policy>): Promise<[Rehearsal, DeploymentState]> {
    const play = new Rehearsal({ can });
    const run = play.begin('2.0.0', { strategy, policy: { ...oneAtATime, ...policy } });
    await play.until((state) => state.targets.get(1).new === 'serving');
    play.fleet.away.add(lost);
    return [play, await play.ended(run)];
  }

  test.each(['t1', 't2', 't3', 't4'])(
    'once the budget is spent every target but %s is back on one version',
    async (lost) => {
      const [play, state] = await halfWay(lost, {});
      // Where nothing was done yet, nothing is to be taken back.
      const untouched = lost === 't3' || lost === 't4';
      expect(state.outcome).toBe(untouched ? 'rolled-back' : 'failed');
      expect(failures(state)).toEqual([`${lost}: ${lost} cannot be reached, as simulated (unreachable)`]);
      expect(versions(play)).toEqual(
        ['t1', 't2', 't3', 't4'].map((id) => `${id} ${id === lost && !untouched ? '2.0.0' : '1.0.0'}`),
      );
      expect(play.violations).toEqual([]);
    },
  );

  test.each(['t1', 't2', 't3', 't4'])('within the budget it goes on without %s', async (lost) => {
    const [play, state] = await halfWay(lost, { maxFailures: 1 });
    expect(state.outcome).toBe('completed');
    expect(failures(state)).toEqual([`${lost}: ${lost} cannot be reached, as simulated (unreachable)`]);
    const untouched = lost === 't3' || lost === 't4';
    expect(versions(play)).toEqual(
      ['t1', 't2', 't3', 't4'].map((id) => `${id} ${id === lost && untouched ? '1.0.0' : '2.0.0'}`),
    );
    expect(play.violations).toEqual([]);
  });

  test('one that is out of reach for a moment only is not lost', async () => {
    const play = new Rehearsal({ can });
    const policy = { ...oneAtATime, backoffMs: 500 };
    const run = play.begin('2.0.0', { strategy, policy });
    await play.until((state) => state.targets.get(0).new === 'serving');
    play.fleet.away.add('t1');
    play.fleet.clock.schedule(600, () => play.fleet.away.delete('t1'));
    const state = await play.ended(run);
    expect([state.outcome, failures(state)]).toEqual(['completed', []]);
  });

  test('what a rollback cannot reach is tried once, and last', async () => {
    const [play, state] = await halfWay('t1', {});
    const onLost = play.events.flatMap((event) => {
      return event.type === 'operations-started' && state.turnedBackFor !== null
        ? event.intents
            .filter(({ target, side }) => target === 0 && side === 'old')
            .map(({ operation }) => operation)
        : [];
    });
    expect(onLost).toEqual(['activate']);
    expect(state.steps.map((step) => (step.kind === 'update' ? step.targets : step.kind))).toEqual([
      ['t2'],
      ['t1'],
      'retire',
    ]);
  });
});
