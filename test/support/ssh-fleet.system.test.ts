import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requiresSshFleet } from './requires.ts';
import { runProcess, startProcess } from './run-process.ts';
import { startSshFleet } from './ssh-fleet.ts';
import { command } from './system-command.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

describe.runIf(requiresSshFleet())('the fleet of SSH servers', () => {
  test('has hosts of their own, up and down again', async () => {
    let folder: string;
    {
      await using fleet = await startSshFleet({ hosts: 3, diskMb: 16, rateMbit: 100 });
      folder = fleet.folder;
      const ask = async (host: string, script: string) =>
        await runProcess(['ssh', '-F', fleet.configFile, host, script]);
      const asked = await ask(
        'h002',
        'hostname; whoami; pwd; touch mine; df --output=size -m /srv | tail -1',
      );
      expect(asked.stdout.split('\n').map((line) => line.trim())).toEqual([
        'h002',
        'deploy',
        '/home/deploy',
        '16',
        '',
      ]);
      expect(existsSync(join(fleet.hosts[1]!.folder, 'home/deploy/mine'))).toBe(true);
      expect((await ask('h001', 'ls')).stdout).toBe('');

      await fleet.hosts[1]!.stop();
      expect((await ask('h002', 'true')).exitCode).toBe(255);
      await fleet.hosts[1]!.start();
      expect((await ask('h002', 'ls')).stdout).toBe('mine\n');
    }
    expect(existsSync(folder)).toBe(false);
  });

  test('what a killed test left behind is gone when the next fleet is up', async () => {
    await using scripts = await temporaryFolder();
    const script = join(scripts.path, 'left.ts');
    const file = join(scripts.path, 'up');
    await writeFile(
      script,
      `import { writeFileSync } from 'node:fs';
       import { startSshFleet } from '${REPOSITORY}/test/support/ssh-fleet.ts';
       const fleet = await startSshFleet({ hosts: 2 });
       const processes = await Promise.all(fleet.hosts.map((host) => host.processes()));
       writeFileSync('${file}', JSON.stringify({ folder: fleet.folder, pids: processes.flat().filter(({ argv }) => /fleet-host|listener/.test(argv.join(' '))).map(({ pid }) => pid) }));
       setInterval(() => {}, 1000);`,
    );
    const jiti = join(REPOSITORY, 'node_modules/jiti/lib/jiti-cli.mjs');
    await using killed = startProcess([process.execPath, jiti, script]);
    const text = await waitFor('the fleet', async () => await readFile(file, 'utf8'));
    const { folder, pids } = JSON.parse(text) as { folder: string; pids: number[] };
    // The first process and sshd of each.
    expect(pids.length).toBe(4);
    expect(existsSync(join(folder, 'h002'))).toBe(true);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(pids.filter(isHost)).toEqual(pids);

    await using next = await startSshFleet({ hosts: 1 });
    expect(pids.filter(isHost)).toEqual([]);
    expect(existsSync(join(folder, 'h002'))).toBe(false);
    expect(await command(['ssh', '-F', next.configFile, 'h001', 'hostname'])).toBe('h001\n');
  });
});

function isHost(pid: number): boolean {
  try {
    return /sshd|ssh-fleet-host/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
