import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  findMarked,
  groupMembers,
  identifyProcess,
  identifyProcesses,
  parsePs,
  parseStat,
  pidSpace,
  startOfProcess,
} from '../../src/supervisor/process-identity.ts';

const LINUX = process.platform === 'linux';

describe('/proc/<pid>/stat', () => {
  const tail = (state: string) => `${state} 1 412 410 0 -1 4194560 1 0 0 0 3 4 0 0 20 0 11 0 987654 1 2 3`;

  test.each([
    ['a plain name', `412 (node) ${tail('S')}`],
    ['a name with brackets and blanks', `412 (a) b (c d) ${tail('S')}`],
    ['a name with a line break', `412 (a\nb) ${tail('S')}`],
  ])('%s', (_what, text) => {
    expect(parseStat(text)).toEqual({ state: 'S', group: 412, startTime: '987654' });
  });

  test.each(['Z', 'X'])('the dead (%s) do not count', (state) => {
    expect(parseStat(`412 (node) ${tail(state)}`)).toBe(null);
  });

  test('half a line is nobody', () => {
    expect(parseStat('412 (node) S 1')).toBe(null);
  });
});

test('ps -o pid=,stat=,lstart=', () => {
  const output =
    '  412 Ss   Mon Nov 23 15:22:07 2026\n99123 Z+   Mon Nov 23 15:22:08 2026\n 7 R Tue Nov 24 01:00:00 2026\n';
  expect(parsePs(output)).toEqual(
    new Map([
      [412, 'Mon Nov 23 15:22:07 2026'],
      [7, 'Tue Nov 24 01:00:00 2026'],
    ]),
  );
});

test('a process keeps its identity', async () => {
  const own = await identifyProcess(process.pid);
  expect(own).not.toBe(null);
  expect(await identifyProcess(process.pid)).toBe(own);
});

test('the start of a process, and the space of its pid, tell who it is', async () => {
  expect(pidSpace()).toBe(pidSpace());
  expect(startOfProcess(process.pid)).toBe(startOfProcess(process.pid));
  const child = spawn('true');
  await once(child, 'exit');
  expect(startOfProcess(child.pid as number)).toBe('gone');
  if (LINUX)
    expect([startOfProcess(process.pid), startOfProcess(1)]).toEqual(
      Array(2).fill(expect.stringMatching(/^\d+$/)),
    );
});

test('a process that ended has none', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  expect(await identifyProcesses([child.pid as number])).toEqual(new Map());
});

test.runIf(LINUX)('what carries a mark in its environment is found, with its group', async () => {
  const mark = `SLUICE_INSTANCE=test-${process.pid}`;
  const env = { PATH: process.env.PATH, SLUICE_INSTANCE: `test-${process.pid}` };
  const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore', env });
  await once(child, 'spawn');
  const pid = child.pid as number;
  try {
    await expect
      .poll(() => findMarked(new Set([mark, 'OTHER=1'])))
      .toEqual(new Map([[mark, [{ pid, group: pid }]]]));
    expect(groupMembers(pid)).toEqual([pid]);
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'exit');
  expect(groupMembers(pid)).toEqual([]);
});
