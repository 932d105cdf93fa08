import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { endGroup, groupLives } from '../../src/supervisor/process-group.ts';

/** A shell that leads a group of its own and has printed `ready`. */
async function groupOf(script: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return child as ChildProcess & { pid: number };
}

test('a group ends by SIGTERM with all that is in it', async () => {
  const { pid } = await groupOf('sleep 30 & sleep 30 & echo ready; wait');
  expect(await groupLives(pid)).toBe(true);
  await endGroup(pid, 10_000);
  expect(await groupLives(pid)).toBe(false);
});

test('what ignores SIGTERM is killed when its time is over', async () => {
  const { pid } = await groupOf("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  const before = performance.now();
  await endGroup(pid, 100);
  expect(performance.now() - before).toBeGreaterThanOrEqual(100);
  expect(await groupLives(pid)).toBe(false);
});

test('a group that its leader has left is still ended', async () => {
  const leader = await groupOf('sleep 30 & echo ready');
  if (leader.exitCode === null) await once(leader, 'exit');
  expect(await groupLives(leader.pid)).toBe(true);
  await endGroup(leader.pid, 10_000);
  expect(await groupLives(leader.pid)).toBe(false);
});

test('a stopped process gets to see its SIGTERM', async () => {
  const leader = await groupOf("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
  process.kill(leader.pid, 'SIGSTOP');
  const exit = once(leader, 'exit');
  await endGroup(leader.pid, 10_000);
  expect(await exit).toEqual([7, null]);
});

test('a group that is gone has ended', async () => {
  const child = spawn('true', { detached: true });
  await once(child, 'exit');
  await endGroup(child.pid as number, 10_000);
  expect(await groupLives(child.pid as number)).toBe(false);
});
