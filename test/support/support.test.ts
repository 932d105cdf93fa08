import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from './free-port.ts';
import { PROGRAMS, requires } from './requires.ts';
import { runProcess, startProcess } from './run-process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

test('a temporary folder is gone, with what is in it, when its block ends', async () => {
  let path: string;
  {
    await using folder = await temporaryFolder();
    path = folder.path;
    await writeFile(join(path, 'file'), '');
    expect(existsSync(join(path, 'file'))).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

test('a free port can be listened on', async () => {
  const port = await freePort();
  await using server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(server.listening).toBe(true);
});

describe('waitFor', () => {
  test('returns the first answer, however often it had to ask', async () => {
    const answers = [undefined, null, false, 0];
    expect(await waitFor('a number', () => answers.shift(), { intervalMs: 0 })).toBe(0);
  });

  test('says what it waited for, and why the last try failed', async () => {
    const cause = new Error('refused');
    const waiting = waitFor('the port', () => Promise.reject(cause), { timeoutMs: 0 });
    await expect(waiting).rejects.toThrow(new Error('waited 0 ms in vain for the port', { cause }));
  });
});

describe('runProcess', () => {
  test('hands over input, environment and output', async () => {
    const script =
      'process.stdin.pipe(process.stdout); console.error(process.env.GREETING); process.exitCode = 3';
    const result = await runProcess([process.execPath, '-e', script], {
      input: 'in and out',
      env: { GREETING: 'hello' },
    });
    expect(result).toEqual({ exitCode: 3, signal: null, stdout: 'in and out', stderr: 'hello\n' });
  });

  test('kills what takes too long', async () => {
    const result = await runProcess(['sleep', '5'], { timeoutMs: 50 });
    expect(result).toEqual({ exitCode: null, signal: 'SIGKILL', stdout: '', stderr: '' });
  });

  test('rejects when there is no such program', async () => {
    await expect(runProcess(['sluice-no-such-program'])).rejects.toThrow('ENOENT');
  });

  test('what was started is killed when its block ends, though its own child holds its output open', async () => {
    let ended: ReturnType<typeof startProcess>['ended'];
    let child: number;
    {
      await using started = startProcess(['sh', '-c', 'sleep 5 & echo $!; wait']);
      ended = started.ended;
      child = await waitFor(
        'the pid of the child',
        () => /^\d+\n/.test(started.stdout) && Number(started.stdout),
      );
    }
    expect((await ended).signal).toBe('SIGKILL');
    expect(process.kill(child)).toBe(true);
  });
});

describe('requires', () => {
  test('knows no program that `npm test` does not install', async () => {
    const script = await readFile(
      new URL('../../scripts/install-system-packages.sh', import.meta.url),
      'utf8',
    );
    const installed = [...script.matchAll(/^(\S+) +(\S+) +\S.*$/gm)].map(([, program, name]) => [
      program,
      name,
    ]);
    expect(installed).toEqual(expect.arrayContaining(Object.entries(PROGRAMS)));
  });

  test('finds an installed program', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'openssl'), '', { mode: 0o755 });
    expect(requires('openssl', { PATH: `/nowhere:${folder.path}` })).toBe(true);
  });

  test('tells loudly of one that is missing', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const found = requires('openssl', { PATH: '/nowhere' });
    const written = write.mock.calls.map(([text]) => text);
    write.mockRestore();
    expect(found).toBe(false);
    expect(written).toEqual(['SKIPPED: openssl is not installed: apt-get install openssl\n']);
  });

  test('throws where nothing may be left out', () => {
    expect(() => requires('openssl', { PATH: '/nowhere', CI: 'true' })).toThrow(
      'openssl is not installed: apt-get install openssl',
    );
  });
});
