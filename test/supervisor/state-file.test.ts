import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readState, StateFile, type SupervisorState } from '../../src/supervisor/state-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const reports: string[] = [];
const report = (line: string) => void reports.push(line);
const ROUTER = { version: 1, services: [] } as const;

function stateWith(port: number): SupervisorState {
  const spec = {
    service: 'api',
    target: 'a',
    release: '1.0.0-abc',
    version: '1.0.0',
    folder: '/releases/api',
    command: ['node', 'server.js'],
    env: { GREETING: 'a\n"b"' },
    secretsFile: null,
    stopTimeoutMs: 10_000,
  };
  const rest = { pid: 12, identity: 'boot:1', startedAt: 5, restarts: 1, failures: 1, stopping: false };
  return { processes: [{ spec, port, token: 't', ...rest, lastExit: null }], router: ROUTER };
}

test('what was saved is read back, from a file that only its owner can read', async () => {
  await using folder = await temporaryFolder();
  const state = stateWith(4_000);
  await new StateFile(folder.path, () => state, report).save();
  expect(await readState(folder.path)).toEqual({ format: 1, ...state });
  expect(await readdir(folder.path)).toEqual(['supervisor-state.json']);
  expect((await stat(join(folder.path, 'supervisor-state.json'))).mode & 0o777).toBe(0o600);
});

test('each save covers what was there when it was asked for; many become few', async () => {
  await using folder = await temporaryFolder();
  let port = 0;
  let asked = 0;
  const file = new StateFile(
    folder.path,
    () => {
      asked += 1;
      return stateWith(port);
    },
    report,
  );
  const covered = Array.from({ length: 100 }, async (_, index) => {
    port = index + 1;
    await file.save();
    return (await readState(folder.path))?.processes[0]?.port ?? 0;
  });
  expect(Math.min(...(await Promise.all(covered)))).toBe(100);
  expect(asked).toBeLessThan(5);
});

test('one that fails does not keep the next from being written', async () => {
  await using folder = await temporaryFolder();
  let broken = true;
  const file = new StateFile(
    folder.path,
    () => {
      if (broken) throw new Error('broken');
      return stateWith(1);
    },
    report,
  );
  await expect(file.save()).rejects.toThrow('broken');
  await file.saveEventually();
  await file.saveEventually();
  expect(reports).toEqual(['what runs cannot be written down: broken']);
  broken = false;
  await file.save();
  expect((await readState(folder.path))?.processes).toHaveLength(1);
});

test('there may be none yet', async () => {
  await using folder = await temporaryFolder();
  expect(await readState(folder.path)).toBe(null);
});

test.each([
  ['a newer one', '{"format":2,"processes":[],"router":{}}'],
  ['half a one', '{"format":1,"proc'],
  ['another file', 'hello'],
])('%s is refused, and left as it is', async (_what, content) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'supervisor-state.json');
  await writeFile(file, content);
  await expect(readState(folder.path)).rejects.toMatchObject({
    code: 'SUPERVISOR',
    message: expect.stringContaining(`${file} cannot be understood`),
  });
  expect(await readFile(file, 'utf8')).toBe(content);
});
