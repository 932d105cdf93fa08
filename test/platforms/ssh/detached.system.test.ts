/** Processes that outlive the login, on a real server: whatever they are like, they are told apart and ended. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Release } from '../../../src/domain/release.ts';
import type { Instance } from '../../../src/platforms/platform.ts';
import { sshRunOf } from '../../../src/project/fleet/ssh-run.ts';
import { requiresSshFleet } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { waitFor } from '../../support/wait-for.ts';
import { FleetYard } from './fleet-yard.ts';
import { patient } from './workshop.ts';

const HOST = 'h001';
/** Long beside what a machine with much else to do needs for a stop that is heeded at once. */
const STOP_TIMEOUT_MS = 3_000;
const RUN_FILES = '/home/deploy/apps/api/.sluice/run/1';

describe.runIf(requiresSshFleet())('a detached service', () => {
  let fleet: SshFleet;
  let host: FleetHost;
  let yard: FleetYard;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 1 });
    [host] = fleet.hosts as [FleetHost];
  });
  // Another platform for each: one remembers for a moment what it has seen of a host.
  beforeEach(async () => {
    yard = await FleetYard.open(fleet);
  });
  afterEach(async () => {
    await yard.clear();
    await yard[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  /** Runs this program of sh, under this version. */
  async function start(source: string, version = '1.0.0'): Promise<Release> {
    const service = { command: ['sh', 'main.sh'], stopTimeoutMs: STOP_TIMEOUT_MS };
    const run = sshRunOf(service, { run: { type: 'detached' } });
    const release = await yard.program(source, { version, run, stopTimeoutMs: STOP_TIMEOUT_MS });
    await yard.platform.stage(HOST, release, patient());
    await yard.platform.activate(HOST, release, patient());
    return release;
  }

  async function instance(): Promise<Instance | undefined> {
    const [seen] = await yard.platform.inspect('api', [HOST], patient());
    return seen;
  }

  /** How long stopping took, in milliseconds. */
  async function stop(release: Release): Promise<number> {
    const begun = performance.now();
    await yard.platform.stop(HOST, release, patient());
    return performance.now() - begun;
  }

  async function exited(): Promise<Instance> {
    return await waitFor('it to end', async () => {
      const seen = await instance();
      return seen?.state === 'exited' ? seen : null;
    });
  }

  const printed = (text: string) =>
    waitFor(text, async () =>
      (await host.exec(['sh', '-c', 'cat /home/deploy/apps/api/logs/*'])).includes(text),
    );
  const sh = async (script: string) => (await host.exec(['sh', '-c', script])).trim();
  const runs = async () => (await yard.on(host)).runs;

  test('runs on without the login, and ends at once on SIGTERM', async () => {
    const release = await start('exec sleep 600');
    await yard[Symbol.asyncDispose]();
    yard = await FleetYard.open(fleet);
    expect(await instance()).toMatchObject({ state: 'running', release: release.id, target: HOST });
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
    expect(await instance()).toBeUndefined();
    expect(await runs()).toEqual([]);
  });

  test('that is stopped right after it was started is stopped at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      expect(await stop(await start('exec sleep 600'))).toBeLessThan(STOP_TIMEOUT_MS);
      expect(await runs()).toEqual([]);
    }
  });

  test('may end what it does within its time', async () => {
    const release = await start('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await printed('ready');
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
    await printed('bye');
  });

  test('that ignores SIGTERM is killed when its time is up', async () => {
    const release = await start('trap "" TERM; echo ready; sh -c "while :; do sleep 0.1; done"');
    await printed('ready');
    const tookMs = await stop(release);
    expect(tookMs).toBeGreaterThanOrEqual(STOP_TIMEOUT_MS);
    expect(tookMs).toBeLessThan(STOP_TIMEOUT_MS + 4_000);
    expect(await runs()).toEqual([]);
  });

  test('takes its children with it, also one that ignores SIGTERM', async () => {
    const release = await start(
      `sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done' & exec sleep 600`,
    );
    await printed('ready');
    expect(await stop(release)).toBeGreaterThanOrEqual(STOP_TIMEOUT_MS);
    expect(await runs()).toEqual([]);
  });

  test('that ended and left a child: the child is stopped, and makes room for the next', async () => {
    const release = await start('sleep 600 & exit 0');
    expect(await exited()).toMatchObject({ evidence: { exitCode: 0 } });
    expect(await runs()).toEqual(['1.0.0']);
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
    expect(await runs()).toEqual([]);
    await start('sleep 600 & exit 0', '1.1.0');
    await exited();
    await start('exec sleep 600', '1.2.0');
    expect(await runs()).toEqual(['1.2.0']);
  });

  test('that ends at once says how, and what it printed', async () => {
    await start('echo "no settings"; exit 42');
    expect(await exited()).toMatchObject({ evidence: { exitCode: 42, log: ['no settings'] } });
  });

  test('whose program is not there says so', async () => {
    await start('exec no-such-program');
    const { evidence } = await exited();
    expect(evidence?.exitCode).toBe(127);
    expect(evidence?.log?.join('\n')).toContain('no-such-program: not found');
  });

  test('that a signal ended says which', async () => {
    await start('kill -SEGV $$');
    expect(await exited()).toMatchObject({ evidence: { exitCode: 139 } });
  });

  test('whose pid somebody else has by now has ended, and the other is left alone', async () => {
    const release = await start('exec sleep 600');
    await sh(`kill -KILL "-$(cat ${RUN_FILES}/pid)"`);
    const other = await sh('setsid sleep 601 >/dev/null 2>&1 & echo $!');
    await sh(`echo ${other} >${RUN_FILES}/pid`);
    expect(await instance()).toMatchObject({ state: 'exited' });
    await stop(release);
    expect(await sh(`cat /proc/${other}/comm`)).toBe('sleep');
    await sh(`kill -KILL ${other}`);
  });

  test('that is a zombie has ended', async () => {
    const release = await start('exec sleep 600');
    await sh(`kill -KILL "-$(cat ${RUN_FILES}/pid)"`);
    // A child whose parent never asks how it ended.
    const zombie = await sh('(sh -c "sleep 0 & echo \\$!; exec sleep 60 >/dev/null 2>&1" &)');
    await waitFor('the zombie', async () => (await sh(`cut -d " " -f 3 /proc/${zombie}/stat`)) === 'Z');
    await sh(`echo ${zombie} >${RUN_FILES}/pid; cut -d " " -f 22 /proc/${zombie}/stat >${RUN_FILES}/born`);
    expect(await instance()).toMatchObject({ state: 'exited' });
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
  });

  test('is gone after a reboot, seen to be, and can be started again', async () => {
    const release = await start('echo up; exec sleep 600');
    const before = await sh(`cat ${RUN_FILES}/pid`);
    await host.stop();
    await host.start();
    await yard[Symbol.asyncDispose]();
    yard = await FleetYard.open(fleet);
    await waitFor('sshd', async () => (await instance().catch(() => null)) !== null);
    expect(await instance()).toMatchObject({ state: 'exited', pid: Number(before) });
    await yard.platform.activate(HOST, release, patient());
    expect(await instance()).toMatchObject({ state: 'running' });
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
  });

  test('that prints without end, and never ends its line, is looked at and stopped as any other', async () => {
    const release = await start(`head -c 80000000 /dev/zero | tr '\\0' x; echo; yes "$(seq -s , 2000)"`);
    await waitFor('a lot', async () => {
      return Number(await sh(`stat -c %s /home/deploy/apps/api/logs/${release.id}.log`)) > 100_000_000;
    });
    expect(await instance()).toMatchObject({ state: 'running' });
    const lines = await yard.platform.logTail(HOST, release, 3);
    // It may be in the middle of the last one.
    const [first, second, last] = lines.map(({ length }) => length);
    expect([first, second]).toEqual([4_096, 4_096]);
    expect(last).toBeLessThanOrEqual(4_096);
    expect(lines).toHaveLength(3);
    expect(await stop(release)).toBeLessThan(STOP_TIMEOUT_MS);
    expect(await runs()).toEqual([]);
  });
});
