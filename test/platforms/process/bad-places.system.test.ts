/** State folders that cannot be used, and disks that are full: one clear error each. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ProcessPlatform } from '../../../src/platforms/process/process-platform.ts';
import { makeProcessRelease } from '../../../src/platforms/process/process-release.ts';
import { SupervisorClient } from '../../../src/supervisor/client.ts';
import { Sandbox, SUPERVISOR } from '../../supervisor/sandbox.ts';
import { runProcess } from '../../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { fill } from './folders.ts';

const ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;
const patient = () => ({ signal: new AbortController().signal });
const SLEEPS = 'setInterval(() => {}, 60_000)';

describe.runIf(ROOT)('a state folder', () => {
  test('of somebody else is refused, by what stages and by what starts', async () => {
    await using folder = await temporaryFolder();
    const stateDir = join(folder.path, '.sluice');
    const app = await fill(join(folder.path, 'app'), { 'main.cjs': SLEEPS });
    await mkdir(stateDir);
    await chown(stateDir, NOBODY, NOBODY);
    const supervisor = new SupervisorClient({ stateDir, command: SUPERVISOR });
    const platform = new ProcessPlatform({ supervisor });
    const release = await makeProcessRelease({
      service: 'api',
      version: '1',
      folder: app,
      command: 'node .',
      stateDir,
    });
    const refusal = {
      code: 'SUPERVISOR',
      message: `${stateDir} belongs to user ${NOBODY}, and this is user 0`,
    };
    await expect(platform.stage('a', release, patient())).rejects.toMatchObject(refusal);
    await expect(platform.activate('a', release, patient())).rejects.toMatchObject(refusal);
    expect(await readdir(stateDir)).toEqual([]);
  });

  test('that its owner may not write to is refused', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    const stateDir = join(folder.path, '.sluice');
    await mkdir(stateDir, { mode: 0o500 });
    await chown(stateDir, NOBODY, NOBODY);
    // Root may write anywhere, so this is tried as somebody else.
    const source = `
      process.setgid(${NOBODY}); process.setuid(${NOBODY});
      const { prepareStateDir } = await import(${JSON.stringify(SUPERVISOR[1]?.replace('main.js', 'state-dir.js'))});
      await prepareStateDir(${JSON.stringify(stateDir)}).catch((error) => console.log(error.code + ': ' + error.message));
    `;
    const { stdout, stderr } = await runProcess([process.execPath, '--input-type=module', '-e', source]);
    expect(stderr + stdout).toBe(`SUPERVISOR: ${stateDir} cannot be written to: permission denied\n`);
  });
});

/** A disk of its own. `null`, loudly, where that is not allowed; never with `CI=true`. */
async function smallDisk(megabytes: number): Promise<(TemporaryFolder & { readonly disk: string }) | null> {
  const folder = await temporaryFolder();
  const disk = join(folder.path, 'disk');
  await mkdir(disk);
  const options = `size=${megabytes}m,mode=700`;
  const mounted = await runProcess(['mount', '-t', 'tmpfs', '-o', options, 'none', disk]).catch(
    (error: unknown) => ({ exitCode: null, stderr: String(error) }),
  );
  if (mounted.exitCode === 0) {
    return {
      path: folder.path,
      disk,
      async [Symbol.asyncDispose]() {
        await runProcess(['umount', '--lazy', disk]);
        await folder[Symbol.asyncDispose]();
      },
    };
  }
  await folder[Symbol.asyncDispose]();
  const lack = `no small disk can be mounted: ${mounted.stderr}`;
  if (process.env.CI === 'true') throw new Error(lack);
  process.stderr.write(`SKIPPED: ${lack}\n`);
  return null;
}

describe('a disk', () => {
  test('with too little room for a release is refused before anything is copied', async () => {
    await using place = await smallDisk(20);
    if (place === null) return;
    await using sandbox = await Sandbox.open({ stateDir: join(place.disk, '.sluice') });
    const app = await fill(join(sandbox.path, 'app'), { 'main.cjs': SLEEPS });
    await writeFile(join(app, 'large'), randomBytes(15_000_000));
    const { stateDir, supervisor } = sandbox;
    const release = await makeProcessRelease({
      service: 'api',
      version: '1',
      folder: app,
      command: 'node .',
      stateDir,
    });
    const platform = new ProcessPlatform({ supervisor });
    await expect(platform.stage('a', release, patient())).rejects.toMatchObject({
      code: 'OPERATION',
      retryable: false,
      message: expect.stringMatching(
        /^the disk is too full for the release: it needs 15\.0 MB, 2\d\.\d MB are free, and 8\.4 MB are kept for everything else$/,
      ),
    });
    expect(await readdir(join(stateDir, 'releases/api'))).toEqual(['.targets']);
  });

  test('that is full starts no supervisor, and says so', async () => {
    await using place = await smallDisk(1);
    if (place === null) return;
    const stateDir = join(place.disk, '.sluice');
    await mkdir(stateDir, { mode: 0o700 });
    await writeFile(join(place.disk, 'filler'), randomBytes(2_000_000)).catch(() => {});
    const supervisor = new SupervisorClient({ stateDir, command: SUPERVISOR });
    await expect(supervisor.call('inspect', { service: null })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message: `nothing can be written to ${stateDir}: the disk is full`,
      remedy: 'Free some space on its disk: `df -h` shows what is left.',
    });
  });

  test('that fills up refuses a start, and still lets everything be stopped', async () => {
    await using place = await smallDisk(2);
    if (place === null) return;
    await using sandbox = await Sandbox.open({ stateDir: join(place.disk, '.sluice') });
    await sandbox.start(SLEEPS, { target: 'a' });
    await writeFile(join(place.disk, 'filler'), randomBytes(4_000_000)).catch(() => {});
    await expect(sandbox.start(SLEEPS, { target: 'b' })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message: expect.stringContaining('the supervisor cannot write down what runs: ENOSPC'),
    });
    expect(await sandbox.supervisor.call('inspect', { service: null })).toMatchObject([{ target: 'a' }]);
    await sandbox.supervisor
      .call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' })
      .catch(() => {});
    expect(await sandbox.supervisor.call('inspect', { service: null })).toEqual([]);
  });
});
