/** What single operations do through the ports, where that takes more than one call. */
import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/domain/step.ts';
import { customCheck } from '../../src/health/custom-check.ts';
import { serviceHealth } from '../../src/health/service-health.ts';
import type { Instance } from '../../src/platforms/platform.ts';
import type { CallFault } from '../../src/testing/simulation/faults.ts';
import { NEW, OLD, release, updateOf } from '../domain/plans.ts';
import { fleetFor, platformWith, stagedPlan } from './fleet.ts';

function fault(parts: Partial<CallFault> & Pick<CallFault, 'call'>): CallFault {
  return { kind: 'fails', target: null, release: null, after: 0, times: 1, ...parts };
}

describe('probe', () => {
  const plan = stagedPlan({ targets: 1 });

  test('an instance that ends is not waited for any longer, and its log says why', async () => {
    const sicknesses = [
      { kind: 'exits', target: 't1', release: plan.release.id, afterMs: 400, forMs: null },
    ] as const;
    const { fleet, execute } = fleetFor(plan, { sicknesses, startUpMs: 30_000 });
    const state = await execute(plan);
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause).toMatchObject({
      target: 't1',
      message: 't1 ended instead of becoming healthy (exit code 1)',
      evidence: { exitCode: 1, log: ['2.0.0 on t1: simulated log'] },
    });
    expect(fleet.clock.now()).toBeLessThan(2_000);
  });

  test('nor is one that is started again and again', async () => {
    const sicknesses = [
      { kind: 'restarts', target: 't1', release: plan.release.id, afterMs: 400, forMs: null },
    ] as const;
    const { execute } = fleetFor(plan, { sicknesses });
    expect((await execute(plan)).cause?.message).toMatch(/^t1 ended instead of becoming healthy/);
  });

  test('one that never becomes healthy is given up in time, with the last answer', async () => {
    const sicknesses = [
      { kind: 'never-healthy', target: 't1', release: plan.release.id, afterMs: 0, forMs: null },
    ] as const;
    const { execute } = fleetFor(plan, { sicknesses });
    const { cause } = await execute(plan);
    expect(cause?.message).toMatch(/^not healthy after \d+ ms: simulated: simulated sickness$/);
    expect(cause?.evidence?.probe).toBe('simulated: simulated sickness');
  });

  test('a platform that cannot be asked for a moment says nothing about the instance', async () => {
    for (let after = 1; after < 12; after++) {
      const { execute } = fleetFor(plan, { startUpMs: 2_000, calls: [fault({ call: 'inspect', after })] });
      expect([after, (await execute(plan)).outcome]).toEqual([after, 'completed']);
    }
  });

  test('a look that is under way when it has become healthy is given up', async () => {
    const { engine, ports, settled } = fleetFor(plan, { startUpMs: 2_000 });
    const looks: AbortSignal[] = [];
    const platform = platformWith(ports.platform, {
      async inspect(service, targets, context) {
        const instances = await ports.platform.inspect(service, targets, context);
        const isUp = instances.some((one) => one.release === plan.release.id);
        if (!isUp || looks.push(context.signal) !== 2) return instances;
        // The second look at the instance, while it is waited for, has no answer.
        return new Promise(() => {});
      },
    });
    const state = await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(state.outcome).toBe('completed');
    expect(looks.map((look) => look.aborted).slice(0, 2)).toEqual([false, true]);
  });

  test('an abort ends it at once, also when it comes before the wait has begun', async () => {
    const { fleet, journal, engine, ports, settled } = fleetFor(plan, { startUpMs: 60_000 });
    let aborts = 0;
    const platform = platformWith(ports.platform, {
      async inspect(service, targets, context) {
        const instances = await ports.platform.inspect(service, targets, {
          signal: new AbortController().signal,
        });
        if (instances.some((one) => one.release === plan.release.id) && aborts++ === 0) {
          await journal.signal('api-1', { signal: 'abort', by: 'ann' }, fleet.clock.now());
          // It answers only after it was given up.
          await fleet.clock.sleep(500);
          expect(context.signal.aborted).toBe(true);
        }
        return instances;
      },
    });
    const state = await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(state.outcome).toBe('aborted');
    expect(fleet.clock.now()).toBeLessThan(3_000);
  });
});

describe('admit', () => {
  test('does not let in what has ended by then', async () => {
    const plan = stagedPlan({ targets: 1, can: { probed: false, checked: false } });
    const { ports, engine, settled, fleet } = fleetFor(plan);
    const platform = platformWith(ports.platform, {
      async inspect(...args) {
        const instances = await ports.platform.inspect(...args);
        return instances.map(
          (one): Instance => (one.release === plan.release.id ? { ...one, state: 'exited' } : one),
        );
      },
    });
    const state = await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(state.cause?.message).toBe('t1 ended instead of becoming healthy');
    expect([...fleet.world.pool].map((backend) => backend.release)).toEqual([OLD.id]);
  });

  test('does not let in what was aborted while it looked', async () => {
    const plan = stagedPlan({ targets: 1, can: { probed: false, checked: false } });
    const { fleet, journal, engine, ports, settled } = fleetFor(plan);
    const platform = platformWith(ports.platform, {
      async inspect(service, targets) {
        const instances = await ports.platform.inspect(service, targets, {
          signal: new AbortController().signal,
        });
        if (instances.some((one) => one.release === plan.release.id)) {
          await journal.signal('api-1', { signal: 'abort', by: 'ann' }, fleet.clock.now());
          await fleet.clock.sleep(500);
        }
        return instances;
      },
    });
    const admitted: string[] = [];
    const router = {
      ...ports.router!,
      name: 'watched',
      admit: async (_service: string, backend: { release: string }) => void admitted.push(backend.release),
      drain: async () => ({ abandoned: 0 }),
    };
    const state = await settled(engine('ann', {}, { platform, router }).execute(plan, 'ann'));
    expect([state.outcome, admitted]).toEqual(['aborted', []]);
  });
});

describe('shift', () => {
  const steps: readonly Step[] = [
    { kind: 'shift', percent: 0 },
    updateOf(4, 'beside'),
    { kind: 'shift', percent: 100 },
    { kind: 'retire', side: 'old' },
  ];

  test('not to what cannot carry it', async () => {
    const plan = stagedPlan({ targets: 4, steps, can: { probed: false } });
    const sicknesses = [
      { kind: 'never-healthy', target: 't2', release: plan.release.id, afterMs: 0, forMs: null },
    ] as const;
    const state = await fleetFor(plan, { sicknesses }).execute(plan);
    expect(state.cause?.message).toBe('100 % of the traffic needs 4 healthy targets on 2.0.0, there are 3');
    expect(state.outcome).toBe('rolled-back');
  });

  describe('after a while in which a target may have fallen ill', () => {
    const waiting: readonly Step[] = [
      ...steps.slice(0, 2),
      { kind: 'bake', durationMs: 1_000 },
      ...steps.slice(2),
    ];
    const plan = stagedPlan({
      targets: 4,
      steps: waiting,
      can: { checked: false },
      policy: { backoffMs: 2_000 },
    });
    const t2 = { target: 't2', release: plan.release.id } as const;
    const ill = { ...t2, kind: 'falls-ill', afterMs: 500, forMs: null } as const;
    const noAnswer = (after: number) => fault({ ...t2, call: 'check', kind: 'reply-lost', after, times: 99 });

    test('where there is no answer, what was seen last stands, good or bad', async () => {
      // The first good answer lets it in.
      expect((await fleetFor(plan, { calls: [noAnswer(1)] }).execute(plan)).outcome).toBe('completed');
      // The second one is bad, and refuses the shift; when it is tried again there is none.
      const state = await fleetFor(plan, { sicknesses: [ill], calls: [noAnswer(2)] }).execute(plan);
      expect(state.cause?.message).toBe('100 % of the traffic needs 4 healthy targets on 2.0.0, there are 3');
      expect(state.outcome).toBe('rolled-back');
    });

    test('what is well again when it is tried again counts', async () => {
      const { fleet, execute } = fleetFor(plan, { sicknesses: [{ ...ill, forMs: 1_000 }] });
      expect((await execute(plan)).outcome).toBe('completed');
      expect(fleet.clock.now()).toBeGreaterThan(3_000);
    });
  });

  test('also where nothing is asked of a single instance', async () => {
    const plan = stagedPlan({ targets: 4, steps, can: { probed: false } });
    const { engine, settled, fleet } = fleetFor(plan);
    const site = customCheck('site', () => true, { scope: 'service' });
    const health = serviceHealth([site], { clock: fleet.clock });
    expect((await settled(engine('ann', {}, { health }).execute(plan, 'ann'))).outcome).toBe('completed');
  });

  test('not below minAvailable, also where failures are tolerated', async () => {
    const plan = stagedPlan({ targets: 4, steps, policy: { maxFailures: 1, minAvailable: 4 } });
    const calls = [fault({ call: 'activate', target: 't2', release: plan.release.id, times: 9 })];
    const state = await fleetFor(plan, { calls }).execute(plan);
    expect(state.cause?.message).toBe(
      'with 100 % on 2.0.0 only 3 healthy targets would have traffic, fewer than 4',
    );
    expect(state.outcome).toBe('rolled-back');
  });

  test('back only to where at least as many answer', async () => {
    const plan = stagedPlan({
      targets: 4,
      steps: [...steps.slice(0, 3), { kind: 'gate', name: 'go?', deadlineMs: 9_000 }],
    });
    const sicknesses = plan.targets.map(
      ({ id }) => ({ kind: 'crashes', target: id, release: OLD.id, afterMs: 5_000, forMs: null }) as const,
    );
    // Nor do they start again.
    const calls = [fault({ call: 'activate', release: OLD.id, times: 99 })];
    const { fleet, execute } = fleetFor(plan, { sicknesses, calls });
    const state = await execute(plan);
    expect(state.cause?.message).toBe('only 0 of 4 targets are healthy on what ran before');
    expect([state.outcome, fleet.world.split]).toEqual([
      'failed',
      { release: plan.release.id, percent: 100 },
    ]);
  });
});

describe('check', () => {
  test('an instance that does not run any more is a bad verdict, with its log', async () => {
    const plan = stagedPlan({
      targets: 2,
      steps: [updateOf(2, 'beside'), { kind: 'bake', durationMs: 9_000 }],
    });
    const sicknesses = [
      { kind: 'crashes', target: 't2', release: plan.release.id, afterMs: 3_000, forMs: null },
    ] as const;
    const { cause } = await fleetFor(plan, { sicknesses }).execute(plan);
    expect(cause).toMatchObject({
      message: 't2 ended (exit code 1)',
      evidence: { log: ['2.0.0 on t2: simulated log'] },
    });
  });

  test('also asks what was seen to be unhealthy before: it is not left out of the verdict', async () => {
    const steps: Step[] = [
      { kind: 'update', targets: ['t1'], mode: 'surge', direction: 'forward' },
      { kind: 'bake', durationMs: 5_000 },
      { kind: 'update', targets: ['t2'], mode: 'surge', direction: 'forward' },
      { kind: 'verify' },
    ];
    const plan = stagedPlan({ targets: 2, steps, policy: { minAvailable: 1, checkIntervalMs: 60_000 } });
    const sicknesses = [
      { kind: 'falls-ill', target: 't1', release: plan.release.id, afterMs: 3_000, forMs: null },
    ] as const;
    const { cause } = await fleetFor(plan, { sicknesses }).execute(plan);
    expect(cause?.message).toBe('t1: simulated: simulated sickness');
  });
});

describe('prune', () => {
  test('keeps the newest good releases, and always the two of the deployment', async () => {
    const plan = stagedPlan({ targets: 1, policy: { keepReleases: 3 } });
    const { ports, engine, settled, journal } = fleetFor(plan);
    const lease = await journal.acquire({ ...plan, holder: 'earlier', doing: '', now: 0, ttlMs: 1 });
    for (const [version, outcome] of [
      ['0.7.0', 'completed'],
      ['0.8.0', 'completed'],
      ['0.9.0', 'rolled-back'],
      ['1.0.0', 'completed'],
    ] as const) {
      const id = await journal.create({ ...plan, release: release(version) }, 'ann', 0, lease);
      await journal.append(id, 1, [{ type: 'deployment-finished', at: 0, outcome }], lease);
    }
    await journal.release(lease);
    const kept: (readonly string[])[] = [];
    const platform = platformWith(ports.platform, {
      prune: async (_target, _service, keep) => void kept.push(keep),
    });
    await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(kept).toEqual([[plan.release.id, OLD.id, release('0.8.0').id]]);
  });

  test('looks as far back as there are good releases, however often one was deployed since', async () => {
    const plan = stagedPlan({ targets: 1, policy: { keepReleases: 3 } });
    const { ports, engine, settled, journal } = fleetFor(plan);
    const lease = await journal.acquire({ ...plan, holder: 'earlier', doing: '', now: 0, ttlMs: 1 });
    for (const [version, outcome, times] of [
      ['0.8.0', 'completed', 1],
      ['1.0.0', 'completed', 300],
      ['1.1.0', 'rolled-back', 300],
    ] as const) {
      for (let time = 0; time < times; time++) {
        const id = await journal.create({ ...plan, release: release(version) }, 'ann', 0, lease);
        await journal.append(id, 1, [{ type: 'deployment-finished', at: 0, outcome }], lease);
      }
    }
    await journal.release(lease);
    const kept: (readonly string[])[] = [];
    const platform = platformWith(ports.platform, {
      prune: async (_target, _service, keep) => void kept.push(keep),
    });
    await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(kept).toEqual([[plan.release.id, OLD.id, release('0.8.0').id]]);
  });

  test('clears away what an earlier deployment that failed has left beside', async () => {
    const plan = stagedPlan({ targets: 2 });
    const { fleet, execute } = fleetFor(plan);
    fleet.world.settle('t1', release('1.5.0').id);
    expect((await execute(plan)).outcome).toBe('completed');
    expect([...fleet.world.instances].map((one) => one.release)).toEqual([plan.release.id, plan.release.id]);
    expect([...fleet.world.pool].map((one) => one.release)).toEqual([plan.release.id, plan.release.id]);
  });
});

describe('a target that leaves, on the very release of the plan', () => {
  test('is brought back to it when the deployment is aborted', async () => {
    const steps: Step[] = [
      updateOf(1, 'surge'),
      { kind: 'retire', side: 'old' },
      { kind: 'gate', name: 'go?', deadlineMs: 9 },
    ];
    const targets = [
      { id: 't1', from: OLD.id },
      { id: 't2', from: NEW.id, leaving: true as const },
    ];
    const plan = stagedPlan({ targets, steps });
    const { fleet, execute } = fleetFor(plan);
    expect((await execute(plan)).outcome).toBe('rolled-back');
    const ran = [...fleet.world.instances].map((one) => `${one.target} ${one.release}`);
    expect(ran.toSorted()).toEqual([`t1 ${OLD.id}`, `t2 ${NEW.id}`]);
  });
});

describe('a target that listens nowhere', () => {
  test('cannot get traffic', async () => {
    const plan = stagedPlan({ targets: 1, can: { probed: false, checked: false } });
    const { ports, engine, settled } = fleetFor(plan);
    const platform = platformWith(ports.platform, {
      async inspect(...args) {
        const instances = await ports.platform.inspect(...args);
        return instances.map(({ address: _address, ...rest }) => rest);
      },
    });
    const state = await settled(engine('ann', {}, { platform }).execute(plan, 'ann'));
    expect(state.cause?.message).toBe('t1 listens nowhere, so no traffic can be sent to it');
  });
});
