import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { ask, lives, Sandbox, SERVER, SLEEPER } from './sandbox.ts';

describe('an instance', () => {
  test('runs with a port of its own, and is stopped', async () => {
    await using sandbox = await Sandbox.open();
    const one = await sandbox.start(SERVER, { target: 'a' });
    const two = await sandbox.start(SERVER, { target: 'b' });
    await sandbox.printed('ready', 'a');
    await sandbox.printed('ready', 'b');
    expect(await ask(one.port)).toBe(String(one.pid));
    expect(await ask(two.port)).toBe(String(two.pid));
    expect(one).toMatchObject({ service: 'api', target: 'a', state: 'running', restarts: 0, lastExit: null });
    await sandbox.supervisor.call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' });
    expect(await lives(one.pid)).toBe(false);
    expect(await sandbox.supervisor.call('inspect', { service: 'api' })).toMatchObject([{ target: 'b' }]);
    expect(await sandbox.supervisor.call('inspect', { service: 'other' })).toEqual([]);
  });

  test('that runs is not started again, not even by many at once', async () => {
    await using sandbox = await Sandbox.open();
    const spec = await sandbox.program(SLEEPER);
    const started = await Promise.all(
      Array.from({ length: 10 }, () => sandbox.supervisor.call('start', spec)),
    );
    expect(new Set(started.map(({ pid }) => pid)).size).toBe(1);
    expect(await sandbox.supervisor.call('inspect', { service: null })).toHaveLength(1);
  });

  test('has the environment it was given and little else, whatever is in it', async () => {
    await using sandbox = await Sandbox.open();
    process.env.LEAK = 'from the caller';
    const secretsFile = join(sandbox.path, 'it\'s a "secret" file');
    await writeFile(secretsFile, JSON.stringify({ PASSWORD: '`id`$(id)\n\t" \\ \'é\u{1F600}' }));
    const env = {
      HOSTILE: '$(touch /tmp/x); "\'`\n\\\r\u0001',
      EMPTY: '',
      OVERRIDDEN: 'plain',
      A_LONG_ONE: 'x'.repeat(100_000),
    };
    await sandbox.start('console.log("env " + JSON.stringify(process.env)); setInterval(() => {}, 60_000);', {
      env,
      secretsFile,
    });
    const { port } = await sandbox.status();
    // A line so long comes in parts in a tail, so it is read whole.
    const seen = await waitFor('the environment', async () => {
      const path = sandbox.supervisor.logPath({ service: 'api', target: 'a', release: '1.0.0-abc' });
      return JSON.parse((await readFile(path, 'utf8')).slice('env '.length));
    });
    expect(seen).toEqual({
      ...env,
      PASSWORD: '`id`$(id)\n\t" \\ \'é\u{1F600}',
      PORT: String(port),
      SLUICE_SERVICE: 'api',
      SLUICE_TARGET: 'a',
      SLUICE_VERSION: '1.0.0',
      SLUICE_RELEASE: '1.0.0-abc',
      SLUICE_INSTANCE: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    delete process.env.LEAK;
  });

  test('gets its arguments unchanged, in a folder with any name', async () => {
    await using sandbox = await Sandbox.open();
    const args = ['a b', '', '$HOME', '*', 'x\ny', "'", '"', '--', '`id`'];
    const target = 'it\'s ../a "target" with $(names)';
    const spec = await sandbox.program(
      'console.log("seen " + JSON.stringify([process.cwd(), ...process.argv.slice(2)])); setInterval(() => {}, 60_000);',
      { target },
    );
    const strange = { ...spec, command: [process.execPath, 'main.cjs', ...args] };
    await sandbox.supervisor.call('start', strange);
    expect(JSON.parse(await sandbox.printed('seen ', target))).toEqual([spec.folder, ...args]);
  });

  test('may have a shell command, which sees its own variables', async () => {
    await using sandbox = await Sandbox.open();
    const command = 'echo "seen $GREETING"; exec sleep 60';
    await sandbox.start('', { command, env: { GREETING: "it's", PATH: process.env.PATH ?? '' } });
    expect(await sandbox.printed('seen ')).toBe("it's");
  });
});

describe('the end of an instance', () => {
  test('that ignores SIGTERM comes when its time is over', async () => {
    await using sandbox = await Sandbox.open();
    const { pid } = await sandbox.start(`process.on('SIGTERM', () => console.log('ignored')); ${SLEEPER}`, {
      stopTimeoutMs: 300,
    });
    await sandbox.printed('ready');
    const before = performance.now();
    const stopping = sandbox.supervisor.call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' });
    await sandbox.printed('ignored');
    expect(await sandbox.status()).toMatchObject({ state: 'stopping', pid });
    await stopping;
    expect(performance.now() - before).toBeGreaterThanOrEqual(300);
    expect(await lives(pid)).toBe(false);
  });

  test('waits for what it still has to do', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(
      `process.on('SIGTERM', () => setTimeout(() => { console.log('done'); process.exit(); }, 200)); ${SLEEPER}`,
    );
    await sandbox.printed('ready');
    const key = { service: 'api', target: 'a', release: '1.0.0-abc' };
    await sandbox.supervisor.call('stop', key);
    expect(await sandbox.supervisor.logTail(key, 1)).toEqual(['done']);
  });

  test('is also the end of its children, and of theirs', async () => {
    await using sandbox = await Sandbox.open();
    const source = `
      const { spawn } = require('node:child_process');
      const script = "trap '' TERM; sleep 60 & echo pids $$ $!; wait; wait";
      spawn('/bin/sh', ['-c', script], { stdio: 'inherit' });
      setInterval(() => {}, 60_000);
    `;
    const { pid } = await sandbox.start(source, {
      stopTimeoutMs: 300,
      env: { PATH: process.env.PATH ?? '' },
    });
    const pids = (await sandbox.printed('pids ')).split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await sandbox.supervisor.call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' });
    expect(await Promise.all([pid, ...pids].map(lives))).toEqual([false, false, false]);
  });

  test('can be asked for by two at once, and for what does not run', async () => {
    await using sandbox = await Sandbox.open();
    const { pid } = await sandbox.start(SLEEPER);
    const key = { service: 'api', target: 'a', release: '1.0.0-abc' };
    await Promise.all([sandbox.supervisor.call('stop', key), sandbox.supervisor.call('stop', key)]);
    expect(await lives(pid)).toBe(false);
    await sandbox.supervisor.call('stop', key);
    await sandbox.supervisor.call('stop', { ...key, target: 'never' });
  });

  test('is over before it is started anew', async () => {
    await using sandbox = await Sandbox.open();
    const slow = `process.on('SIGTERM', () => setTimeout(() => process.exit(), 200)); ${SLEEPER}`;
    const first = await sandbox.start(slow);
    await sandbox.printed('ready');
    const stopping = sandbox.supervisor.call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' });
    await waitFor('the stop', async () => (await sandbox.status()).state === 'stopping');
    const second = await sandbox.start(slow);
    expect(await lives(first.pid)).toBe(false);
    expect(await lives(second.pid)).toBe(true);
    await stopping;
    expect(await sandbox.status()).toMatchObject({ pid: second.pid, state: 'running' });
  });
});

describe('a crash', () => {
  test('by SIGKILL: it is started again, on the same port, and how it ended is kept', async () => {
    await using sandbox = await Sandbox.open();
    const before = await sandbox.start(SERVER);
    await sandbox.printed('ready');
    process.kill(before.pid as number, 'SIGKILL');
    const after = await waitFor('the restart', async () => {
      const status = await sandbox.status();
      return status.restarts === 1 && status.state === 'running' ? status : null;
    });
    expect(after.port).toBe(before.port);
    expect(after.lastExit).toMatchObject({ exitCode: null, signal: 'SIGKILL', error: null, log: ['ready'] });
    expect(await waitFor('an answer', () => ask(after.port))).toBe(String(after.pid));
  });

  test('of what crashes at once: tried again, later each time', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start('console.log("at " + Date.now()); process.exit(3);');
    const status = await waitFor('three restarts', async () => {
      const now = await sandbox.status();
      return now.restarts === 3 && now.state === 'starting' ? now : null;
    });
    expect(status).toMatchObject({ pid: null, lastExit: { exitCode: 3, signal: null, error: null } });
    // The third restart counts from when it begins, before the process has written anything.
    const lines = await waitFor('four lines', async () => {
      const key = { service: 'api', target: 'a', release: '1.0.0-abc' };
      const written = await sandbox.supervisor.logTail(key, 10);
      return written.length === 4 ? written : null;
    });
    const times = lines.map((line) => Number(line.slice('at '.length)));
    const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
    expect(gaps).toHaveLength(3);
    for (const [index, least] of [200, 400, 800].entries())
      expect(gaps[index]).toBeGreaterThanOrEqual(least - 5);
    const anew = await sandbox.start('console.log("at last"); setInterval(() => {}, 60_000);');
    expect(anew).toMatchObject({ state: 'running', restarts: 0 });
  });

  test('takes what it has left behind with it', async () => {
    await using sandbox = await Sandbox.open();
    const source = `
      const { spawn } = require('node:child_process');
      const child = spawn('sleep', ['60'], { stdio: 'ignore' });
      console.log('child ' + child.pid);
      process.on('SIGUSR2', () => process.exit(1));
      setInterval(() => {}, 60_000);
    `;
    const { pid } = await sandbox.start(source, { env: { PATH: process.env.PATH ?? '' } });
    const child = Number(await sandbox.printed('child '));
    process.kill(pid as number, 'SIGUSR2');
    await waitFor('the restart', async () => (await sandbox.status()).restarts === 1);
    expect(await lives(child)).toBe(false);
  });

  test('can be stopped while it waits for its next try', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start('process.exit(3)');
    await waitFor('the crash', async () => (await sandbox.status()).restarts === 2);
    await sandbox.supervisor.call('stop', { service: 'api', target: 'a', release: '1.0.0-abc' });
    expect(await sandbox.supervisor.call('inspect', { service: null })).toEqual([]);
    const key = { service: 'api', target: 'a', release: '1.0.0-abc' };
    const before = await sandbox.supervisor.logTail(key, 100);
    await sleep(1_000);
    expect(await sandbox.supervisor.logTail(key, 100)).toEqual(before);
  });
});

describe('what cannot be started says so at once, and is not tried again', () => {
  const PATH = '/usr/bin:/bin';
  test.each([
    [
      'a program that does not exist',
      { command: ['no-such-program', 'x'] },
      `api 1.0.0 cannot be started on a: there is no program "no-such-program" (PATH=${PATH})`,
    ],
    [
      'the same, as a line',
      { command: 'no-such-program x' },
      `api 1.0.0 cannot be started on a: there is no program "no-such-program" (PATH=${PATH})`,
    ],
    [
      'a file that is no program',
      { command: './main.cjs' },
      'api 1.0.0 cannot be started on a: "./main.cjs" may not be executed',
    ],
    [
      'a folder that is missing',
      { folder: '/nowhere/at/all' },
      'api 1.0.0 cannot be started on a: /nowhere/at/all is missing',
    ],
  ])('%s', async (_what, parts, message) => {
    await using sandbox = await Sandbox.open();
    await expect(sandbox.start('', { env: { PATH }, ...parts })).rejects.toMatchObject({
      code: 'OPERATION',
      message,
      retryable: false,
      evidence: { log: [`sluice: ${message}`] },
    });
    expect(await sandbox.supervisor.call('inspect', { service: null })).toEqual([]);
  });

  test('secrets that are gone', async () => {
    await using sandbox = await Sandbox.open();
    await expect(sandbox.start(SLEEPER, { secretsFile: '/nowhere' })).rejects.toMatchObject({
      code: 'OPERATION',
      message: expect.stringContaining('the secrets of the release cannot be read: ENOENT'),
    });
  });

  test('a program that goes missing while it runs is tried again until it is back', async () => {
    await using sandbox = await Sandbox.open();
    const script = join(sandbox.path, 'script');
    await writeFile(script, '#!/bin/sh\necho run\nsleep 60\n', { mode: 0o755 });
    const { pid } = await sandbox.start('', { command: [script], env: { PATH } });
    await sandbox.printed('run');
    await rm(script);
    process.kill(-(pid as number), 'SIGKILL');
    const waiting = await waitFor('the failure', async () => {
      const status = await sandbox.status();
      return status.lastExit?.error ? status : null;
    });
    expect(waiting.lastExit?.error).toContain(`there is no program "${script}"`);
    await writeFile(script, '#!/bin/sh\necho back\nsleep 60\n', { mode: 0o755 });
    await sandbox.printed('back');
    expect(await sandbox.status()).toMatchObject({ state: 'running' });
  });
});
