/**
 * What Sluice keeps is in trouble: the disk is full, the state folder is somebody else's, the journal or what
 * the supervisor has written is damaged. One clear error, nothing is changed, and what runs goes on.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { ENVIRONMENT, HelloProject, SLUICE } from './hello-project.ts';
import { expectRefused } from './refused.ts';

const NOBODY = 65_534;
const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive'];
/** Without the right to pass over the modes of files, which root has. */
const AS_EVERYBODY =
  AS_ROOT.length > 0 ? [] : ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'];

/** Runs a program as root; where that is refused, says so, and throws where nothing may be left out. */
async function asRoot(...argv: string[]): Promise<boolean> {
  const { exitCode, stderr } = await runProcess([...AS_ROOT, ...argv]);
  if (exitCode === 0) return true;
  const lack = `${argv.join(' ')}: ${stderr.trim()}`;
  if (process.env.CI === 'true') throw new Error(lack);
  process.stderr.write(`SKIPPED: ${lack}\n`);
  return false;
}

const mayMount = await (async () => {
  await using folder = await temporaryFolder();
  const may = await asRoot('mount', '-t', 'tmpfs', 'tmpfs', folder.path);
  if (may) await asRoot('umount', folder.path);
  return may;
})();

describe.runIf(mayMount).concurrent('a disk that is full', () => {
  test('nothing is deployed and nothing lost; with room again all is as before', async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, 'disk');
    mkdirSync(dir);
    await asRoot('mount', '-t', 'tmpfs', '-o', `size=24m,mode=0700,uid=${process.getuid?.()}`, 'tmpfs', dir);
    try {
      await using project = await HelloProject.create({ dir, instances: 1, strategy: 'rolling' });
      await project.deploy('1.0.0');
      const load = project.load();
      project.build('1.1.0');
      const fill = async (megabytes: number) =>
        runProcess(['dd', 'if=/dev/zero', `of=${join(dir, 'fill')}`, 'bs=1M', `count=${megabytes}`]);

      await fill(18);
      const refused = await project.sluice('deploy', 'hello', '1.1.0');
      expect(refused.exitCode).toBe(3);
      expect(refused.stdout).toMatch(/cause +hello\.1: the disk is too full for the release/);

      await fill(100);
      for (const command of ['status', 'deploy', 'plan']) {
        expectRefused(await project.sluice(command), {
          exitCode: 1,
          says: /^✗ The journal .+ cannot grow: the disk is full/,
          remedy: 'Free some space and try again; nothing that was acknowledged is lost.',
        });
      }
      const doctor = await project.sluice('doctor');
      expect(doctor.exitCode).toBe(9);
      expect(doctor.stdout).toMatch(/disk +only \d+ MB are free/);

      rmSync(join(dir, 'fill'));
      await project.deploy('1.1.0');
      expect((await load.stop()).lost).toBe(0);
      expect(await project.history()).toEqual([
        'hello-3 1.1.0 completed',
        'hello-2 1.1.0 rolled-back',
        'hello-1 1.0.0 completed',
      ]);
    } finally {
      await waitFor('the disk to be free', () => asRoot('umount', dir));
    }
  });

  test('in the middle of a deployment: it stays there, and is taken up once there is room', async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, 'disk');
    mkdirSync(dir);
    await asRoot('mount', '-t', 'tmpfs', '-o', `size=24m,mode=0700,uid=${process.getuid?.()}`, 'tmpfs', dir);
    try {
      const strategy = '{ type: canary, bake: 2s, stages: [50, 100] }';
      await using project = await HelloProject.create({ dir, instances: 2, strategy });
      await project.deploy('1.0.0');
      const load = project.load();
      project.build('1.1.0');
      await using controller = project.start('deploy', 'hello', '1.1.0');
      await waitFor('the bake', () => controller.stdout.includes('bake 2 s'));
      await runProcess(['dd', 'if=/dev/zero', `of=${join(dir, 'fill')}`, 'bs=64k']);
      const left = await controller.ended;
      expect(left.exitCode).toBe(1);
      expect(left.stderr).toMatch(/^hello-2 stays in the middle\. Go on with it: sluice resume hello-2\./);
      expect(left.stderr).toMatch(/✗ The journal .+ cannot grow: the disk is full/);

      rmSync(join(dir, 'fill'));
      expect((await project.sluice('resume')).exitCode).toBe(0);
      expect((await project.ask()).version).toBe('1.1.0');
      expect((await load.stop()).lost).toBe(0);
    } finally {
      await waitFor('the disk to be free', () => asRoot('umount', dir));
    }
  });
});

describe.concurrent('the state folder', () => {
  test('that belongs to somebody else', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    project.build('1.0.0');
    await project.sluice('status');
    if (!(await asRoot('chown', '-R', String(NOBODY), project.state()))) return;
    for (const command of ['status', 'deploy', 'stop']) {
      expectRefused(await project.sluice(command), {
        exitCode: 1,
        says: /^✗ The journal .+ (?:belongs to another user \(uid 65534|cannot be read or written by this user)/,
      });
    }
    const doctor = await project.sluice('doctor');
    expect([doctor.exitCode, doctor.stderr]).toEqual([9, '']);
    expect(doctor.stdout).toContain('belongs to user 65534');
    await asRoot('chown', '-R', String(process.getuid?.()), project.state());
    await project.deploy('1.0.0');
  });

  test('that cannot be written to, or not be made', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    project.build('1.0.0');
    const everybody = async (command: string) =>
      runProcess([...AS_EVERYBODY, ...SLUICE, command], { cwd: project.dir, env: ENVIRONMENT });
    for (const folder of [project.dir, project.state()]) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o500);
      for (const command of ['status', 'deploy']) {
        expectRefused(await everybody(command), {
          exitCode: 1,
          says: /^✗ The journal .+ cannot be read or written by this user$/,
          remedy: 'Give this user access to the file and its folder',
        });
      }
      const doctor = await everybody('doctor');
      expect([doctor.exitCode, doctor.stderr]).toEqual([9, '']);
      expect(doctor.stdout).toContain(`${folder} cannot be written to`);
      chmodSync(folder, 0o700);
    }
  });
});

describe.concurrent('the journal', () => {
  test('damaged, cut off, or from a newer Sluice', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const file = project.state('journal.db');
    const copy = join(project.dir, 'journal.copy');
    cpSync(file, copy);
    const damages: readonly (readonly [damage: () => void, says: RegExp])[] = [
      [
        () => writeFileSync(file, 'garbage '.repeat(1_000)),
        /is not a journal of Sluice, nor any SQLite database/,
      ],
      [() => truncateSync(file, 9_000), /is damaged/],
      [() => fromTheFuture(file), /has format 99; this Sluice knows formats up to \d+/],
    ];
    for (const [damage, says] of damages) {
      cpSync(copy, file);
      damage();
      const damaged = readFileSync(file);
      for (const command of ['status', 'deploy', 'stop']) {
        expectRefused(await project.sluice(command), { exitCode: 1, says });
      }
      const doctor = await project.sluice('doctor');
      expect([doctor.exitCode, doctor.stderr]).toEqual([9, '']);
      expect(doctor.stdout).toMatch(says);
      expect(readFileSync(file).equals(damaged)).toBe(true);
      expect((await project.ask()).version).toBe('1.0.0');
    }
    cpSync(copy, file);
    expect((await project.status()).well).toBe(true);
  });

  test('lost altogether: what runs is seen, kept, and replaced by the next deployment', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const load = project.load();
    for (const end of ['', '-wal', '-shm']) rmSync(`${project.state('journal.db')}${end}`, { force: true });
    expect((await project.status()).well).toBe(true);
    await project.deploy('1.2.2-crash', 3);
    await project.deploy('1.1.0');
    const { lost, versions } = await load.stop();
    expect([lost, [...versions.keys()]]).toEqual([0, ['1.0.0', '1.1.0']]);
  });

  function fromTheFuture(file: string): void {
    const journal = new Database(file);
    journal.pragma('user_version = 99');
    journal.close();
  }
});

describe.concurrent('what the supervisor has written', () => {
  test('where it listens, damaged or removed: it is found all the same', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const pid = await project.supervisorPid();
    const file = project.state('local', 'supervisor.json');
    const address = readFileSync(file, 'utf8');
    writeFileSync(file, address.slice(0, 10));
    await project.deploy('1.1.0');
    rmSync(file);
    expect((await project.status()).well).toBe(true);
    writeFileSync(file, address);
    expect(await project.supervisorPid()).toBe(pid);
  });

  test('what runs, damaged: nothing is done to it, and with it mended all goes on', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    await project.deploy('1.0.0');
    const file = project.state('local', 'supervisor-state.json');
    process.kill(await project.supervisorPid(), 'SIGKILL');
    const state = readFileSync(file, 'utf8');
    writeFileSync(file, state.slice(0, 100));
    expectRefused(await project.sluice('status'), {
      exitCode: 1,
      says: /^✗ .+supervisor-state\.json cannot be understood/,
    });
    writeFileSync(file, state);
    expect((await project.status()).well).toBe(true);
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('is of another version of Sluice: that one is named, with how to end it', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    project.build('1.0.0');
    const state = project.state('local');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const socket = join(state, 'supervisor.sock');
    const other = createServer((_request, response) => response.end('{"protocol":99,"pid":4711}'));
    await new Promise<void>((listening) => other.listen(socket, listening));
    for (const command of ['status', 'deploy']) {
      expectRefused(await project.sluice(command), {
        exitCode: 1,
        says: /^✗ the supervisor with pid 4711 was started by another version of Sluice \(it speaks 99, this one \d+\)/,
        remedy: 'end the supervisor with `kill 4711`',
      });
    }
    expect(await project.history()).toEqual([]);
    await new Promise((closed) => other.close(closed));
  });
});
