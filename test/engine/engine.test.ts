import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { fold } from '../../src/domain/evolve.ts';
import { makePlan } from '../../src/domain/make-plan.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Step } from '../../src/domain/step.ts';
import { LEASE_TTL_MS } from '../../src/engine/lease-keeper.ts';
import {
  DeploymentNotFoundError,
  FencedError,
  InvalidPlanError,
  InvalidPlanStateError,
  LeaseHeldError,
  OperationError,
  StalePlanError,
} from '../../src/errors.ts';
import type { Lease } from '../../src/journal/journal.ts';
import { Controller } from '../../src/testing/simulation/controller.ts';
import { planDraft, release, updateOf } from '../domain/plans.ts';
import { fleetFor, platformWith, stagedPlan } from './fleet.ts';

/** Waits at a gate for as long as a test needs. */
const WAITING: readonly Step[] = [{ kind: 'gate', name: 'go?', deadlineMs: 60_000 }];

describe('execute', () => {
  test('brings every target to the release, and says so in the journal and in the world', async () => {
    const plan = stagedPlan({ targets: 3 });
    const { fleet, journal, execute } = fleetFor(plan);
    const state = await execute(plan);
    expect(state).toMatchObject({ id: 'api-1', phase: 'ended', outcome: 'completed' });
    const ran = [...fleet.world.instances].map((one) => `${one.target} ${one.release}`);
    expect(ran.toSorted()).toEqual(['t1', 't2', 't3'].map((id) => `${id} ${plan.release.id}`));
    expect(await journal.summary('api-1')).toMatchObject({ phase: 'ended', outcome: 'completed' });
    expect(await journal.lease(plan)).toBeNull();
  });

  test('tells of every group of events once it is durable, with the state it led to', async () => {
    const plan = stagedPlan();
    const { journal, engine, settled } = fleetFor(plan);
    const heard: DeploymentEvent[] = [];
    const seqs: Promise<[number, number]>[] = [];
    const onEvents = (events: readonly DeploymentEvent[], { id, seq }: { id: string; seq: number }) => {
      heard.push(...events);
      seqs.push(journal.summary(id).then((summary) => [summary.seq, seq]));
    };
    const state = await settled(engine('ann', { onEvents }).execute(plan, 'ann'));
    const stored = (await journal.read(state.id)).map(({ event }) => event);
    expect(heard).toEqual(stored.slice(1));
    for (const [durable, told] of await Promise.all(seqs)) expect(durable).toBe(told);
  });

  test('a plan that was edited is refused, and nothing is begun', async () => {
    const plan = stagedPlan();
    const { journal, execute } = fleetFor(plan);
    await expect(execute({ ...plan, steps: [] })).rejects.toThrow(InvalidPlanError);
    expect(await journal.list()).toEqual([]);
  });

  test('a plan that is stale is refused, and nothing is begun', async () => {
    const plan = stagedPlan();
    const { fleet, journal, execute } = fleetFor(plan);
    fleet.world.stop('t2', plan.targets[1]!.from!);
    await expect(execute(plan)).rejects.toThrow(StalePlanError);
    expect(await journal.list()).toEqual([]);
    expect(await journal.lease(plan)).toBeNull();
  });

  test('a platform that never says what runs is not waited for longer than its time', async () => {
    const plan = stagedPlan();
    const { fleet, journal, ports, engine, settled } = fleetFor(plan);
    const platform = platformWith(ports.platform, { inspect: () => new Promise(() => {}) });
    const executed = engine('ann', {}, { platform }).execute(plan, 'ann');
    await expect(settled(executed)).rejects.toThrow('the platform did not tell what runs within 30000 ms');
    expect(fleet.clock.now()).toBe(32_000);
    expect(await journal.list()).toEqual([]);
    expect(await journal.lease(plan)).toBeNull();
  });

  test('a deployment that was left in the middle comes first', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const controller = new Controller('gone', fleet.clock);
    void controller.run(fleet.ports(journal, controller), (it) => it.execute(plan, 'ann'));
    await fleet.clock.advance(1_000);
    controller.kill();
    await fleet.clock.advance(10_000);
    await expect(settled(engine().execute(plan, 'ann'))).rejects.toMatchObject({
      name: InvalidPlanStateError.name,
      message: 'api-1 (2.0.0) has not ended',
      state: 'running',
    });
  });
});

describe('the lease', () => {
  test('of two that execute at once, one is told who holds it, since when and what for', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { engine, fleet } = fleetFor(plan);
    const [ann, bob] = [engine('ann'), engine('bob')];
    void ann.execute(plan, 'ann');
    const held = { holder: 'ann', since: 0, doing: 'deploying 2.0.0' };
    await expect(bob.execute(plan, 'bob')).rejects.toMatchObject(held);
    await expect(bob.execute(plan, 'bob')).rejects.toThrow(LeaseHeldError);
    await fleet.clock.advance(30_000);
    await expect(bob.resume('api-1')).rejects.toThrow(LeaseHeldError);
  });

  test('one engine does not do two things to a service at once', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { engine, journal, settled, fleet } = fleetFor(plan);
    const ann = engine('ann');
    const first = ann.execute(plan, 'ann');
    await expect(ann.execute(plan, 'ann')).rejects.toThrow(LeaseHeldError);
    await fleet.clock.advance(1_000);
    await expect(ann.resume('api-1')).rejects.toThrow(LeaseHeldError);
    await journal.signal('api-1', { signal: 'approve', by: 'ann' }, 0);
    expect((await settled(first)).outcome).toBe('completed');
    expect((await settled(ann.resume('api-1'))).outcome).toBe('completed');
  });

  test('another service, and another environment, are free', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const elsewhere = makePlan({ ...planDraft({ steps: [] }), environment: 'staging' });
    const { engine, settled } = fleetFor(plan);
    void engine('ann').execute(plan, 'ann');
    expect((await settled(engine('bob').execute(elsewhere, 'bob'))).outcome).toBe('completed');
  });

  test('is kept alive while the fleet is looked at, however long that takes', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { fleet, engine } = fleetFor(plan, { longestCallMs: 25_000 });
    void engine('ann').execute(plan, 'ann');
    await fleet.clock.advance(12_000);
    await expect(engine('bob').execute(plan, 'bob')).rejects.toThrow(LeaseHeldError);
  });

  test('of a controller that is known to be gone does not have to run out', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const killed = new Controller('killed', fleet.clock);
    void killed.run(fleet.ports(journal, killed), (it) => it.execute(plan, 'ann'));
    await fleet.clock.advance(1_000);
    killed.kill();
    const asked: string[] = [];
    const isGone = (holder: string) => asked.push(holder) > 1;
    await expect(engine('bob', { isGone }).resume('api-1')).rejects.toThrow(LeaseHeldError);
    const resumed = engine('bob', { isGone }).resume('api-1');
    await journal.signal('api-1', { signal: 'approve', by: 'bob' }, fleet.clock.now());
    expect((await settled(resumed)).outcome).toBe('completed');
    expect(asked).toEqual(['killed', 'killed']);
    expect(fleet.clock.now()).toBeLessThan(LEASE_TTL_MS);
  });

  test('who was stopped while it wrote down what to do next does not do it', async () => {
    const plan = stagedPlan();
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const stopped = new Controller('stopped', fleet.clock);
    const append = journal.append.bind(journal);
    journal.append = async (...args) => {
      const seq = await append(...args);
      const begins = args[2].some((event) => event.type === 'operations-started');
      if (begins && args[3].holder === 'stopped') stopped.freeze();
      return seq;
    };
    const ports = fleet.ports(journal, stopped);
    const staged: string[] = [];
    const stage: typeof ports.platform.stage = async (target) => void staged.push(target);
    const platform = platformWith(ports.platform, { stage });
    const ending = stopped.run({ ...ports, platform }, (it) => it.execute(plan, 'ann'));
    await fleet.clock.advance(LEASE_TTL_MS);
    expect(stopped.isFrozen).toBe(true);
    const resumed = engine('bob').resume('api-1');
    await fleet.clock.advance(100);
    stopped.thaw();
    expect(await ending).toMatchObject({ how: 'threw', error: expect.any(FencedError) });
    expect((await settled(resumed)).outcome).toBe('completed');
    expect(staged).toEqual([]);
  });

  test('who lost it is fenced, and does nothing more', async () => {
    const plan = stagedPlan({ steps: [...WAITING, updateOf(2, 'surge')] });
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const frozen = new Controller('frozen', fleet.clock);
    const ending = frozen.run(fleet.ports(journal, frozen), (it) => it.execute(plan, 'ann'));
    await fleet.clock.advance(1_000);
    frozen.freeze();
    await fleet.clock.advance(10_000);
    const resumed = engine('bob').resume('api-1');
    await fleet.clock.advance(1_000);
    frozen.thaw();
    expect(await ending).toMatchObject({ how: 'threw', error: expect.any(FencedError) });
    await journal.signal('api-1', { signal: 'approve', by: 'bob' }, fleet.clock.now());
    expect((await settled(resumed)).outcome).toBe('completed');
    const controllers = (await journal.read('api-1')).flatMap(({ event }) =>
      event.type === 'controller-changed' ? [`${event.controller} ${event.epoch}`] : [],
    );
    expect(controllers).toEqual(['frozen 1', 'bob 2']);
  });
});

describe('a fleet that cannot be looked at', () => {
  test('is a reason not to begin', async () => {
    const plan = stagedPlan();
    const calls = [
      { kind: 'fails', call: 'inspect', target: null, release: null, after: 0, times: 1 },
    ] as const;
    const { journal, execute } = fleetFor(plan, { calls });
    await expect(execute(plan)).rejects.toThrow(OperationError);
    expect(await journal.list()).toEqual([]);
    expect((await execute(plan)).outcome).toBe('completed');
  });

  test('also when it never answers', async () => {
    const plan = stagedPlan();
    const calls = [
      { kind: 'hangs', call: 'inspect', target: null, release: null, after: 0, times: 1 },
    ] as const;
    const { fleet, execute } = fleetFor(plan, { calls });
    await expect(execute(plan)).rejects.toThrow(OperationError);
    expect(fleet.clock.now()).toBeGreaterThanOrEqual(plan.policy.timeoutsMs.observe);
  });
});

describe('resume', () => {
  test('of what does not exist', async () => {
    const { engine } = fleetFor(stagedPlan());
    await expect(engine().resume('api-9')).rejects.toThrow(DeploymentNotFoundError);
  });

  test('of what has ended gives its end, also while another deployment is under way', async () => {
    const plan = stagedPlan();
    const { execute, engine, fleet } = fleetFor(plan);
    const state = await execute(plan);
    const next = nextOf(plan);
    void engine('bob').execute(next, 'bob');
    await fleet.clock.advance(1_000);
    const again = await engine('carol').resume('api-1');
    expect({ ...again, targets: [...again.targets] }).toEqual({ ...state, targets: [...state.targets] });
  });

  test('of what was only created starts it', async () => {
    const plan = stagedPlan();
    const { journal, engine, settled } = fleetFor(plan);
    const lease = await journal.acquire({ ...plan, holder: 'gone', doing: 'deploying', now: 0, ttlMs: 1 });
    await journal.create(plan, 'ann', 0, lease);
    await journal.release(lease);
    expect((await settled(engine().resume('api-1'))).outcome).toBe('completed');
  });

  test('obeys first what was asked for while nobody was there', async () => {
    const plan = stagedPlan();
    const { fleet, journal, engine, settled } = fleetFor(plan, { longestCallMs: 500 });
    const controller = new Controller('gone', fleet.clock);
    void controller.run(fleet.ports(journal, controller), (it) => it.execute(plan, 'ann'));
    await fleet.clock.runUntil(() => [...fleet.world.instances].length > 2, 60_000);
    controller.kill();
    await journal.signal('api-1', { signal: 'abort', by: 'ann' }, fleet.clock.now());
    await fleet.clock.advance(10_000);
    const before = (await journal.read('api-1')).length;
    const state = await settled(engine('bob').resume('api-1'));
    expect(state.outcome).toBe('aborted');
    const types = (await journal.read('api-1', before)).map(({ event }) => event.type);
    expect(types.slice(0, 3)).toEqual(['controller-changed', 'signal-received', 'rollback-started']);
    expect([...fleet.world.instances].map((one) => one.release)).toEqual([
      plan.targets[0]!.from,
      plan.targets[1]!.from,
    ]);
  });

  test('repeats a hook whose end was not heard of, and says so', async () => {
    const plan = stagedPlan({
      steps: [{ kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 9_000 }],
    });
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const controller = new Controller('gone', fleet.clock);
    void controller.run(fleet.ports(journal, controller), (it) => it.execute(plan, 'ann'));
    await fleet.clock.runUntil(() => fleet.hookRuns.length === 1, 60_000);
    controller.kill();
    await fleet.clock.advance(10_000);
    expect((await settled(engine('bob').resume('api-1'))).outcome).toBe('completed');
    expect(fleet.hookRuns.map(({ subject }) => subject.attempt)).toEqual([1, 2]);
  });
});

describe('leaving', () => {
  test('is to stop acting; another goes on', async () => {
    const plan = stagedPlan({ steps: [...WAITING, updateOf(2, 'surge')] });
    const { journal, fleet, engine, settled } = fleetFor(plan);
    const leaving = new AbortController();
    const left = engine('ann', { signal: leaving.signal }).execute(plan, 'ann');
    await fleet.clock.advance(1_000);
    leaving.abort(new Error('Ctrl-C, twice'));
    await expect(left).rejects.toThrow('Ctrl-C, twice');
    expect(await journal.lease(plan)).toBeNull();
    await journal.signal('api-1', { signal: 'approve', by: 'ann' }, 0);
    expect((await settled(engine('bob').resume('api-1'))).outcome).toBe('completed');
  });
});

describe('what has to be prepared', () => {
  test('is, under the lease, before anything is begun or taken up', async () => {
    const plan = stagedPlan({ steps: [...WAITING, updateOf(2, 'surge')] });
    const { journal, fleet, engine, settled } = fleetFor(plan);
    const seen: string[] = [];
    const prepare = async () => {
      const deployments = await journal.list();
      seen.push(`${(await journal.lease(plan))?.doing}, ${deployments.length} begun`);
    };
    const leaving = new AbortController();
    const left = engine('ann', { prepare, signal: leaving.signal }).execute(plan, 'ann');
    await fleet.clock.advance(1_000);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await journal.signal('api-1', { signal: 'approve', by: 'ann' }, 0);
    await settled(engine('bob', { prepare }).resume('api-1'));
    expect(seen).toEqual(['deploying 2.0.0, 0 begun', 'resuming api-1, 1 begun']);
  });

  test('and cannot: nothing is begun', async () => {
    const plan = stagedPlan({});
    const { journal, engine, settled } = fleetFor(plan);
    const prepare = () => Promise.reject(new Error('the port is taken'));
    await expect(settled(engine('ann', { prepare }).execute(plan, 'ann'))).rejects.toThrow(
      'the port is taken',
    );
    expect([await journal.list(), await journal.lease(plan)]).toEqual([[], null]);
  });

  test('is not, for a plan that is refused; and who leaves by then has begun nothing', async () => {
    const plan = stagedPlan({});
    const { journal, engine, settled } = fleetFor(plan);
    const leaving = new AbortController();
    const prepare = async () => leaving.abort(new Error('Ctrl-C'));
    const edited = { ...plan, createdAt: 1 };
    await expect(engine('ann', { prepare }).execute(edited, 'ann')).rejects.toThrow('edited');
    expect(leaving.signal.aborted).toBe(false);
    const options = { prepare, signal: leaving.signal };
    await expect(settled(engine('ann', options).execute(plan, 'ann'))).rejects.toThrow('Ctrl-C');
    expect(await journal.list()).toEqual([]);
  });
});

test('what is to be done once it has ended is done under its lease, and not where it was left', async () => {
  const plan = stagedPlan({ steps: [...WAITING, updateOf(2, 'surge')] });
  const { journal, fleet, engine, settled } = fleetFor(plan);
  const seen: unknown[] = [];
  const finish = async (lease: Lease) => {
    const [newest] = await journal.list();
    seen.push(newest?.outcome, lease.holder, (await journal.lease(plan))?.epoch === lease.epoch);
  };
  const leaving = new AbortController();
  const left = engine('ann', { finish, signal: leaving.signal }).execute(plan, 'ann');
  await fleet.clock.advance(1_000);
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  expect(seen).toEqual([]);
  await journal.signal('api-1', { signal: 'approve', by: 'ann' }, 0);
  await settled(engine('bob', { finish }).resume('api-1'));
  expect(seen).toEqual(['completed', 'bob', true]);
});

describe('signals', () => {
  test('are obeyed in their order, and a refusal is written down with its reason', async () => {
    const plan = stagedPlan({ steps: WAITING });
    const { fleet, journal, engine, settled } = fleetFor(plan);
    const ended = engine().execute(plan, 'ann');
    await fleet.clock.advance(1_000);
    for (const signal of ['retry', 'pause', 'pause', 'approve', 'resume'] as const) {
      await journal.signal('api-1', { signal, by: 'ann' }, fleet.clock.now());
    }
    const state = await settled(ended);
    expect(state.outcome).toBe('completed');
    const stored = await journal.read('api-1');
    const received = stored.flatMap(({ event }) =>
      event.type === 'signal-received' ? [[event.signal.signal, event.refused]] : [],
    );
    expect(received).toEqual([
      ['retry', 'it is not paused after a failure'],
      ['pause', undefined],
      ['pause', 'it is paused already'],
      ['approve', undefined],
      ['resume', undefined],
    ]);
    const folded = fold(
      'api-1',
      stored.map(({ event }) => event),
    );
    expect({ ...folded, targets: [] }).toEqual({ ...state, targets: [] });
  });
});

/** A plan from where this one has led to one version further. */
function nextOf({ targets, release: now }: Plan): Plan {
  return makePlan({
    ...planDraft({ steps: WAITING }),
    release: release('3.0.0'),
    previous: { [now.id]: now },
    targets: targets.map(({ id }) => ({ id, from: now.id })),
  });
}
