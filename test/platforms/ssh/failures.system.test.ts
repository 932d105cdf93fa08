/** What happens to real servers when something fails; the end state of every host is asserted. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DeploymentState } from '../../../src/domain/state.ts';
import { requiresSshFleet } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { OnHost } from './fleet-yard.ts';
import { Rollout, when } from './rollout.ts';
import { COMMANDS, patient } from './workshop.ts';

const OLD: OnHost = { current: '1.0.0', runs: ['1.0.0'], releases: ['1.0.0'], incoming: 0 };
const NEW: OnHost = { current: '2.0.0', runs: ['2.0.0'], releases: ['1.0.0', '2.0.0'], incoming: 0 };
/** Everything of it was lost but the disk. */
const REBOOTED: OnHost = { ...OLD, runs: [] };

/** Half a byte of it for each letter goes over the wire. */
const noise = (letters: number) => randomBytes(letters / 2).toString('hex');

describe.runIf(requiresSshFleet())('failures on servers', { concurrent: true }, () => {
  let fleet: SshFleet;
  let taken = 0;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 46 });
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  /** Hosts that no other test has. */
  const take = (count: number): FleetHost[] => {
    taken += count;
    return fleet.hosts.slice(taken - count, taken);
  };
  const names = (hosts: readonly FleetHost[]) => hosts.map(({ name }) => name);
  const summary = ({ outcome, cause }: DeploymentState) => [outcome, cause?.message];
  const failures = (state: DeploymentState) =>
    [...state.targets].flatMap(({ failure }) => (failure === null ? [] : [failure.target]));
  /** Those that failed as nobody could reach them when they were last tried. */
  const lost = (state: DeploymentState) =>
    [...state.targets].flatMap(({ failure }) => (failure?.unreachable === true ? [failure.target] : []));

  test('a host that is down at the start: nothing is begun', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(3));
    const [, down] = rollout.hosts as [FleetHost, FleetHost, FleetHost];
    await down.stop();
    await expect(rollout.deploy(await rollout.serving('2.0.0'))).rejects.toMatchObject({
      code: 'OPERATION',
      message: expect.stringMatching(
        `^1 of 3 targets cannot be reached, and none may fail. ${down.name}: `,
      ) as string,
      remedy: expect.stringContaining('Nothing was begun') as string,
    });
    expect(await rollout.journal.list({ limit: 10 })).toEqual([]);
    await down.start();
    expect(await rollout.ends()).toEqual([OLD, REBOOTED, OLD]);
  });

  test('a host that is down at the start, and one may fail: the others get the release', async ({
    expect,
  }) => {
    await using rollout = await Rollout.on(fleet, take(3));
    const [, down] = rollout.hosts as [FleetHost, FleetHost, FleetHost];
    await down.stop();
    const state = await rollout.deploy(await rollout.serving('2.0.0'), {
      policy: { maxFailures: 1, minAvailable: 1 },
    });
    expect([state.outcome, failures(state)]).toEqual(['completed', [down.name]]);
    await down.start();
    expect(await rollout.ends()).toEqual([NEW, REBOOTED, NEW]);
  });

  test('a host that goes down in the middle: the others are taken back, and it is named', async ({
    expect,
  }) => {
    await using rollout = await Rollout.on(fleet, take(3));
    const [, , down] = rollout.hosts as [FleetHost, FleetHost, FleetHost];
    const { listener, acted } = when('done', 'probe', 0, () => down.stop());
    const state = await rollout.deploy(await rollout.serving('2.0.0'), { onEvents: listener });
    await acted;
    expect([state.outcome, state.cause?.target, lost(state)]).toEqual(['failed', down.name, [down.name]]);
    await down.start();
    const [first, second, third] = await rollout.ends();
    expect([first, second]).toEqual([OLD, OLD]);
    // It was staged before, and nobody could tell it to go back.
    expect(third).toEqual({ ...REBOOTED, releases: ['1.0.0', '2.0.0'] });
  });

  test('a host that goes down at the switch is named, and can be put right', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const [, down] = rollout.hosts as [FleetHost, FleetHost];
    const [program, flag, text] = COMMANDS.kind === 'commands' ? COMMANDS.start : [];
    const slow = [program, flag, `sleep 2; ${text}`] as string[];
    const release = await rollout.serving(
      '2.0.0',
      {},
      { run: { ...COMMANDS, start: slow } as typeof COMMANDS },
    );
    const { listener, acted } = when('begun', 'activate', 1, async () => {
      await waitFor('the switch', async () => (await rollout.on(down)).current === '2.0.0');
      await down.stop();
    });
    const state = await rollout.deploy(release, { onEvents: listener });
    await acted;
    expect([state.outcome, state.cause?.target, lost(state)]).toEqual(['failed', down.name, [down.name]]);
    expect(state.cause?.message).toMatch(/lost in the middle of a script|cannot log in/);
    expect(await rollout.on(rollout.hosts[0] as FleetHost)).toEqual(OLD);
    await down.start();
    expect(await rollout.on(down)).toEqual({ ...NEW, runs: [] });
    await rollout.platform.activate(down.name, rollout.old, patient());
    await rollout.platform.prune(down.name, 'api', [rollout.old.id], patient());
    expect(await rollout.ends()).toEqual([OLD, OLD]);
  });

  test('sshd killed during the upload: nothing of it is seen, and it can be done again', async ({
    expect,
  }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const [, struck] = rollout.hosts as [FleetHost, FleetHost];
    await struck.slowDown(16);
    const release = await rollout.serving('2.0.0', { noise: noise(12_000_000) });
    const { listener, acted } = when('begun', 'stage', 1, async () => {
      await uploading(rollout, struck);
      await struck.killSshd();
    });
    const state = await rollout.deploy(release, { onEvents: listener });
    await acted;
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause).toMatchObject({
      target: struck.name,
      message: expect.stringContaining('nothing listens'),
    });
    // What has arrived of it is not seen, and is cleared by whoever comes next.
    expect(await rollout.ends()).toEqual([OLD, { ...OLD, incoming: 1 }]);
    await struck.startSshd();
    expect((await rollout.deploy(release)).outcome).toBe('completed');
    expect(await rollout.ends()).toEqual([NEW, NEW]);
  });

  test('sshd killed during the upload and up again: the upload is tried again', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const [, struck] = rollout.hosts as [FleetHost, FleetHost];
    await struck.slowDown(16);
    const release = await rollout.serving('2.0.0', { noise: noise(6_000_000) });
    const { listener, acted } = when('begun', 'stage', 1, async () => {
      await uploading(rollout, struck);
      await struck.killSshd();
      await struck.startSshd();
    });
    const policy = { backoffMs: 1_000 };
    const state = await rollout.deploy(release, { onEvents: listener, policy });
    await acted;
    expect(summary(state)).toEqual(['completed', undefined]);
    expect(await rollout.ends()).toEqual([NEW, NEW]);
  });

  test.for([
    ['has no room', 'size=20m', {}, /has \d+ MB free, and the release needs \d+ MB$/],
    [
      'runs full in the middle of it',
      'size=80m,nr_inodes=60',
      Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`file-${at}`, `${at}`])),
      /No space left on device/,
    ],
  ] as const)('a disk that %s: nothing has moved', async ([, size, more, message], { expect }) => {
    const hosts = take(2);
    const [, full] = hosts as [FleetHost, FleetHost];
    await full.exec(['mount', '-t', 'tmpfs', '-o', `${size},uid=1900`, 'disk', '/srv']);
    await using rollout = await Rollout.on(fleet, hosts, { platform: { root: '/srv/apps' } });
    const release = await rollout.serving('2.0.0', { noise: noise(6_000_000), ...more });
    const state = await rollout.deploy(release);
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause).toMatchObject({ target: full.name, message: expect.stringMatching(message) });
    expect(await rollout.ends()).toEqual([OLD, OLD]);
  });

  test.for([
    ['fails', ['sh', '-c', 'echo no database; exit 7'], 'ended with exit code 7', ['no database']],
    [
      'is killed by a signal',
      ['sh', '-c', 'echo no database; kill -KILL $$'],
      'was ended by SIGKILL',
      ['no database', 'Killed'],
    ],
  ] as const)('a release whose start %s is taken back', async ([, start, ended, log], { expect }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const run = { ...COMMANDS, start } as typeof COMMANDS;
    const release = await rollout.serving('2.0.0', {}, { run });
    const state = await rollout.deploy(release);
    const [first] = names(rollout.hosts);
    expect(summary(state)).toEqual([
      'rolled-back',
      `${first}: could not start ${release.id}: \`start\` ${ended}`,
    ]);
    expect(state.cause?.evidence?.log).toEqual([...log, ...log]);
    expect(await rollout.ends()).toEqual([OLD, OLD]);
  });

  test('a release that is not healthy is taken back', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const release = await rollout.program('exec busybox httpd -f -p "$PORT"', { version: '2.0.0' });
    const state = await rollout.deploy(release);
    expect([state.outcome, state.cause?.target, state.cause?.message]).toEqual([
      'rolled-back',
      rollout.hosts[0]?.name,
      expect.stringMatching(/404/),
    ]);
    expect(await rollout.ends()).toEqual([OLD, OLD]);
  });

  test('a slow line only takes longer', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(3));
    await rollout.hosts[1]?.slowDown(8);
    const begun = performance.now();
    const state = await rollout.deploy(await rollout.serving('2.0.0', { noise: noise(6_000_000) }));
    expect(summary(state)).toEqual(['completed', undefined]);
    expect(await rollout.ends()).toEqual([NEW, NEW, NEW]);
    // Three megabytes at eight megabits a second.
    expect(performance.now() - begun).toBeGreaterThan(2_500);
  });

  test('a session that hangs without closing is noticed, also in an upload, and done again', async ({
    expect,
  }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const [, hanging] = rollout.hosts as [FleetHost, FleetHost];
    await hanging.slowDown(16);
    const release = await rollout.serving('2.0.0', { noise: noise(6_000_000) });
    const stopped: number[] = [];
    let stoppedAt = 0;
    const { listener, acted } = when('begun', 'stage', 1, async () => {
      await uploading(rollout, hanging);
      const sessions = (await hanging.processes()).filter(({ argv }) => argv[0]?.startsWith('sshd: deploy'));
      for (const { pid } of sessions) {
        process.kill(pid, 'SIGSTOP');
        stopped.push(pid);
      }
      stoppedAt = performance.now();
    });
    let failedAt = 0;
    const state = await rollout.deploy(release, {
      onEvents(events, now) {
        listener(events, now);
        const isFailure = events.some((event) => {
          return event.type === 'operations-finished' && event.outcomes.some((one) => !one.ok);
        });
        if (isFailure) failedAt ||= performance.now();
      },
    });
    await acted;
    expect(summary(state)).toEqual(['completed', undefined]);
    expect(stopped.length).toBeGreaterThan(0);
    // Three unanswered questions, one each second.
    expect(failedAt - stoppedAt).toBeLessThan(BOUND_MS);
    expect(await rollout.ends()).toEqual([NEW, { ...NEW, incoming: 1 }]);
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    await waitFor('the upload to end and be cleared', async () => {
      await rollout.platform.prune(hanging.name, 'api', [rollout.old.id], patient());
      return (await rollout.on(hanging)).incoming === 0;
    });
    expect(await rollout.ends()).toEqual([NEW, NEW]);
  });

  test('a line that is cut in the middle of an upload: bounded, nothing has moved', async ({ expect }) => {
    await using rollout = await Rollout.on(fleet, take(2));
    const [, cut] = rollout.hosts as [FleetHost, FleetHost];
    await cut.slowDown(16);
    const release = await rollout.serving('2.0.0', { noise: noise(12_000_000) });
    let cutAt = 0;
    const { listener, acted } = when('begun', 'stage', 1, async () => {
      await uploading(rollout, cut);
      await cut.unplug();
      cutAt = performance.now();
    });
    const state = await rollout.deploy(release, { onEvents: listener });
    await acted;
    expect(state.outcome).toBe('rolled-back');
    expect(state.cause).toMatchObject({
      target: cut.name,
      message: expect.stringContaining('does not answer'),
    });
    // Noticed, then two tries to log in again: one of the stage, one of the prune on the way back.
    expect(performance.now() - cutAt).toBeLessThan(3 * BOUND_MS);
    await cut.plugIn();
    // To the host the connection stands until its sshd has to say something: the upload is still to come.
    expect(await rollout.ends()).toEqual([OLD, { ...OLD, incoming: 1 }]);
    await cut.killSshd();
    await cut.startSshd();
    expect((await rollout.deploy(release)).outcome).toBe('completed');
    expect(await rollout.ends()).toEqual([NEW, NEW]);
  });

  test('half the fleet on the new version when too many have failed: one version, and who is missing', async ({
    expect,
  }) => {
    const hosts = take(10);
    await using rollout = await Rollout.on(fleet, hosts);
    const [serving, starting] = [hosts.slice(0, 2), hosts.slice(5, 7)];
    const { listener, acted } = when('begun', 'activate', 5, async () => {
      await Promise.all([...serving, ...starting].map((host) => host.unplug()));
    });
    const state = await rollout.deploy(await rollout.serving('2.0.0'), {
      rolling: { batchSize: 5 },
      policy: { maxFailures: 1, minAvailable: 2, maxAttempts: 1 },
      onEvents: listener,
    });
    await acted;
    expect(state.outcome).toBe('failed');
    await Promise.all([...serving, ...starting].map((host) => host.plugIn()));
    const ends = await rollout.ends();
    const reachable = [2, 3, 4, 7, 8, 9];
    expect(reachable.map((at) => ends[at])).toEqual(reachable.map(() => OLD));
    expect(ends.slice(0, 2)).toEqual([NEW, NEW]);
    // The line was cut while they were told to switch: either they had heard it or not.
    for (const at of [5, 6]) expect([{ ...OLD, releases: NEW.releases }, NEW]).toContainEqual(ends[at]);
    expect(lost(state)).toEqual(names([...serving, ...starting]));

    for (const { name } of [...serving, ...starting]) {
      await rollout.platform.activate(name, rollout.old, patient());
      await rollout.platform.prune(name, 'api', [rollout.old.id], patient());
    }
    expect(await rollout.ends()).toEqual(hosts.map(() => OLD));
  });

  async function uploading(rollout: Rollout, host: FleetHost): Promise<void> {
    await waitFor('the upload', async () => (await rollout.on(host)).incoming > 0);
  }
});

/** By which a host that hangs is noticed with `WATCHFUL`, on a busy machine. */
const BOUND_MS = 8_000;
