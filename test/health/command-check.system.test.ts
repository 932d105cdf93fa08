import { chmod, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandCheckOptions, commandCheck } from '../../src/health/command-check.ts';
import type { CheckSubject } from '../../src/health/health-check.ts';
import { runCheck } from '../../src/health/run-check.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const sh = (script: string): CommandCheckOptions => ({ command: ['sh', '-c', script] });

async function ask(options: CommandCheckOptions, subject: CheckSubject = {}): Promise<string> {
  const { status, message } = await runCheck(commandCheck(options), subject);
  return `${status}: ${message.replace(/in \d+ ms/, 'in N ms')}`;
}

/** Whether a process runs; one that has ended and waits to be reaped does not. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await runProcess(['ps', '-o', 'stat=', '-p', String(pid)]);
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

describe('the exit code', () => {
  test('0 is healthy, another is not', async () => {
    expect(await ask(sh('exit 0'))).toBe('healthy: exit code 0 in N ms');
    expect(await ask(sh('echo starting; echo no database >&2; exit 3'))).toBe(
      'unhealthy: exit code 3: "starting no database"',
    );
  });

  test('is the one, or one of those, that are expected', async () => {
    expect(await ask({ ...sh('exit 3'), expectExitCode: 3 })).toBe('healthy: exit code 3 in N ms');
    expect(await ask({ ...sh('exit 3'), expectExitCode: [0, 3] })).toBe('healthy: exit code 3 in N ms');
    expect(await ask({ ...sh('exit 0'), expectExitCode: 3 })).toBe('unhealthy: exit code 0');
  });

  test('does not exist when a signal killed the command: that is never healthy', async () => {
    expect(await ask(sh('echo bye; kill -KILL $$'))).toBe('unhealthy: killed by SIGKILL: "bye"');
    expect(await ask(sh('kill -TERM $$'))).toBe('unhealthy: killed by SIGTERM');
  });
});

describe('the output', () => {
  test('has what is expected, on either stream', async () => {
    expect(await ask({ ...sh('echo role: primary >&2'), expectOutput: 'primary' })).toBe(
      'healthy: exit code 0 in N ms',
    );
    expect(await ask({ ...sh('echo role: replica'), expectOutput: /primary$/m })).toBe(
      'unhealthy: exit code 0, expected output with /primary$/m: "role: replica"',
    );
  });

  test('is read up to 64 KiB; the command is not held up by the rest', async () => {
    const flood = sh('head -c 3000000 /dev/zero | tr "\\0" x; echo end');
    expect(await ask(flood)).toBe('healthy: exit code 0 in N ms');
    expect(await ask({ ...flood, expectOutput: 'end' })).toMatch(/^unhealthy: exit code 0, expected output/);
  });
});

describe('the command', () => {
  test('finds the subject in its environment, and what was added', async () => {
    const subject = { target: 'web-1', address: { host: '127.0.0.1', port: 4100 } };
    const options = { ...sh('echo $SLUICE_TARGET $HOST:$PORT $TOKEN'), env: { TOKEN: 'abc' } };
    expect(await ask({ ...options, expectOutput: 'web-1 127.0.0.1:4100 abc' }, subject)).toMatch(/^healthy/);
  });

  test('never sees a PORT of ours as the instance’s', async () => {
    const before = process.env.PORT;
    process.env.PORT = '9999';
    try {
      expect(await ask({ ...sh('echo "port:$PORT."'), expectOutput: 'port:.' })).toMatch(/^healthy/);
    } finally {
      if (before === undefined) delete process.env.PORT;
      else process.env.PORT = before;
    }
  });

  test('is given its arguments as they are: no shell reads them', async () => {
    const argument = '$(touch /tmp/never); `id` "x" \'y\' *';
    expect(await ask({ command: ['printf', '%s', argument], expectOutput: argument })).toMatch(/^healthy/);
  });

  test('runs in its folder, with nothing to read', async () => {
    await using folder = await temporaryFolder();
    const path = await realpath(folder.path);
    expect(await ask({ ...sh('cat; pwd'), cwd: path, expectOutput: path })).toMatch(/^healthy/);
  });

  test('that cannot be started is unhealthy', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'check.sh');
    await writeFile(file, 'exit 0\n');
    await chmod(file, 0o600);
    expect(await ask({ command: ['no-such-program'] })).toBe('unhealthy: cannot find no-such-program');
    expect(await ask({ command: ['true'], cwd: '/no/such/folder' })).toBe(
      'unhealthy: cannot find true in /no/such/folder',
    );
    expect(await ask({ command: [file] })).toBe(`unhealthy: permission denied ${file}`);
  });
});

describe('nothing is left running', () => {
  test('when the time is up: the whole process group is killed', async () => {
    await using folder = await temporaryFolder();
    const pids = join(folder.path, 'pids');
    const check = { ...sh(`sleep 60 & echo $$ $! > ${pids}; echo waiting; wait`), timeoutMs: 300 };
    expect(await ask(check)).toBe(
      'unhealthy: timed out after 300 ms: sh was still running, its output: "waiting"',
    );
    const [shell = 0, sleeper = 0] = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
    await waitFor('both to be gone', async () => !(await isRunning(shell)) && !(await isRunning(sleeper)));
  });

  test('when the command ends before its children', async () => {
    await using folder = await temporaryFolder();
    const pids = join(folder.path, 'pids');
    expect(await ask(sh(`sleep 60 & echo $! > ${pids}; echo ok`))).toBe('healthy: exit code 0 in N ms');
    const sleeper = Number(await readFile(pids, 'utf8'));
    await waitFor('it to be gone', async () => !(await isRunning(sleeper)));
  });

  test('and what left the group cannot hold the verdict up', async () => {
    const check = { ...sh('setsid sleep 1 & echo ok'), expectOutput: 'ok', timeoutMs: 900 };
    expect(await ask(check)).toBe('healthy: exit code 0 in N ms');
  });
});
