/** When a holder of a lease may be taken for gone: a mistake here puts two hands on the wheel. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { formatHolder, type HolderParts, parseHolder } from '../../src/domain/holder.ts';
import { holderName, isHolderGone } from '../../src/project/holder.ts';

const OWN = parseHolder(holderName('ann@laptop')) as HolderParts;

function named(parts: Partial<HolderParts>): string {
  return formatHolder({ ...OWN, ...parts });
}

async function ended(child: ChildProcess): Promise<number> {
  await once(child, 'exit');
  return child.pid as number;
}

describe('a holder', () => {
  test('that lives is not gone, and no two have one name', () => {
    const name = holderName('ann@laptop');
    expect(name).toMatch(new RegExp(`^ann@laptop pid ${process.pid} [0-9a-f]{22}$`));
    expect(isHolderGone(name)).toBe(false);
    expect(holderName('ann@laptop')).not.toBe(name);
  });

  test('whose process has ended is gone', async () => {
    expect(isHolderGone(named({ pid: await ended(spawn('true')) }))).toBe(true);
  });

  test.runIf(process.platform === 'linux')('whose pid another process has by now is gone', () => {
    expect(isHolderGone(named({ start: 'ffffffff' }))).toBe(true);
    // Also where that is a process of somebody else: init.
    expect(isHolderGone(named({ pid: 1, start: 'ffffffff' }))).toBe(true);
  });

  test('whose process was killed and not yet collected by its parent is gone', async () => {
    // The shell becomes `sleep`, which never collects the child that the shell has started.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(line));
    process.kill(pid, 'SIGKILL');
    // On Linux it stays as a zombie, which answers signals like any other.
    if (process.platform === 'linux') expect(process.kill(pid, 0)).toBe(true);
    await expect.poll(() => isHolderGone(named({ pid }))).toBe(process.platform === 'linux');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  test('of another boot, container or namespace of pids is never taken for gone', async () => {
    const pid = await ended(spawn('true'));
    expect(isHolderGone(named({ pid, space: 'ffffffff' }))).toBe(false);
    expect(isHolderGone(named({ start: 'ffffffff', space: 'ffffffff' }))).toBe(false);
  });

  test('of a name that says nothing is never taken for gone', () => {
    for (const name of ['', 'deploy-bot', 'ann@laptop pid 4194305', 'ann@laptop pid 4194305 3f9a1c']) {
      expect(isHolderGone(name)).toBe(false);
    }
  });
});
