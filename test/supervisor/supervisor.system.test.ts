import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SupervisorClient } from '../../src/supervisor/client.ts';
import { guarded } from '../../src/supervisor/guardian.ts';
import { identifyProcess } from '../../src/supervisor/process-identity.ts';
import { runProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { ask, lives, Sandbox, SERVER, SLEEPER, SUPERVISOR } from './sandbox.ts';

const KEY = { service: 'api', target: 'a', release: '1.0.0-abc' };

async function parentOf(pid: number): Promise<number> {
  return Number((await runProcess(['ps', '-o', 'ppid=', '-p', String(pid)])).stdout);
}

describe('starting the supervisor', () => {
  test('two, or twenty, who start it at once get one', async () => {
    await using sandbox = await Sandbox.open();
    const clients = Array.from({ length: 20 }, () => sandbox.client());
    await Promise.all(clients.map((client) => client.call('inspect', { service: null })));
    const pids = await Promise.all(clients.map(async (client) => (await client.running())?.pid));
    expect(new Set(pids).size).toBe(1);
    for (const client of clients) client.close();
    const log = await sandbox.log();
    expect(log.match(/ started$/gm)).toHaveLength(1);
  });

  test('leaves nothing of its starter in it: session, folder, environment, output', async () => {
    await using sandbox = await Sandbox.open();
    process.env.SECRET_OF_THE_STARTER = 'x';
    await sandbox.supervisor.call('inspect', { service: null });
    delete process.env.SECRET_OF_THE_STARTER;
    const pid = (await sandbox.supervisor.running())?.pid as number;
    if (process.platform === 'linux') {
      const [, , group, session] =
        (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      expect([Number(group), Number(session)]).toEqual([pid, pid]);
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('SECRET_OF_THE_STARTER');
    }
    process.kill(pid, 'SIGHUP');
    await sandbox.start(SLEEPER);
    expect((await sandbox.supervisor.running())?.pid).toBe(pid);
  });

  test('its files are for its owner alone', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(SLEEPER);
    const all = await readdir(sandbox.stateDir);
    const names = all.filter((name) => !name.endsWith('.new'));
    const modes = await Promise.all(
      names.map(async (name) => [name, (await stat(join(sandbox.stateDir, name))).mode & 0o077]),
    );
    expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
    expect(names).toContain('supervisor.sock');
    expect((await stat(sandbox.stateDir)).mode & 0o777).toBe(0o700);
  });

  test('a path that is too long for a socket', async () => {
    await using sandbox = await Sandbox.open();
    const stateDir = join(sandbox.path, 'x'.repeat(60), 'y'.repeat(60), '.sluice');
    const deep = new SupervisorClient({ stateDir, command: SUPERVISOR });
    await deep.call('inspect', { service: null });
    const { socket } = JSON.parse(await readFile(join(stateDir, 'supervisor.json'), 'utf8'));
    expect(socket).not.toContain(stateDir);
    expect((await stat(dirname(socket))).mode & 0o777).toBe(0o700);
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    await deep.shutdown({ stopProcesses: true });
    await expect(stat(dirname(socket))).rejects.toThrow('ENOENT');
  });

  test('a supervisor that cannot start tells why', async () => {
    await using sandbox = await Sandbox.open();
    await mkdir(sandbox.stateDir, { recursive: true });
    const file = join(sandbox.stateDir, 'supervisor-state.json');
    await writeFile(file, '{"format":99}');
    await expect(sandbox.supervisor.call('inspect', { service: null })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message: expect.stringContaining(`${file} cannot be understood`),
    });
    await writeFile(file, '{"format":1,"processes":[],"router":{"version":1,"services":[]}}');
  });

  test('a command that is none tells so', async () => {
    await using sandbox = await Sandbox.open();
    const client = sandbox.client({ command: ['/no/such/program'] });
    await expect(client.call('inspect', { service: null })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message: 'the supervisor cannot be started: spawn /no/such/program ENOENT',
    });
  });

  test('one that never answers is given up, and its log shown', async () => {
    await using sandbox = await Sandbox.open();
    const command = [process.execPath, '-e', 'console.log("I only wait"); setTimeout(() => {}, 1500)'];
    const client = sandbox.client({ command, answerTimeoutMs: 500 });
    await expect(client.call('inspect', { service: null })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message: 'the supervisor of local processes does not start; the end of its log:\n  I only wait',
    });
  });

  test('one of another version is refused, with its pid', async () => {
    await using sandbox = await Sandbox.open();
    await mkdir(sandbox.stateDir, { recursive: true });
    const socket = join(sandbox.path, 'other.sock');
    await using server = createServer((_request, response) =>
      response.end('{"protocol":99,"pid":4711,"new":1}'),
    );
    server.listen(socket);
    await once(server, 'listening');
    await writeFile(join(sandbox.stateDir, 'supervisor.json'), JSON.stringify({ socket, pid: 4711 }));
    await expect(sandbox.supervisor.call('inspect', { service: null })).rejects.toMatchObject({
      code: 'SUPERVISOR',
      message:
        'the supervisor with pid 4711 was started by another version of Sluice (it speaks 99, this one 1)',
      remedy: expect.stringContaining('`kill 4711`'),
    });
    server.closeAllConnections();
    await rename(join(sandbox.stateDir, 'supervisor.json'), join(sandbox.path, 'away'));
  });
});

test('one that hangs is not waited for without end', async () => {
  await using sandbox = await Sandbox.open();
  await sandbox.start(SLEEPER);
  const pid = (await sandbox.supervisor.running())?.pid as number;
  process.kill(pid, 'SIGSTOP');
  const client = sandbox.client({ answerTimeoutMs: 200 });
  await expect(client.call('inspect', { service: null })).rejects.toMatchObject({
    code: 'SUPERVISOR',
    message: `the supervisor at ${sandbox.stateDir}/supervisor.sock gives no answer: the greeting was given up`,
  });
  process.kill(pid, 'SIGCONT');
});

test('who started it may be killed, with all that is in its group', async () => {
  await using sandbox = await Sandbox.open();
  const spec = await sandbox.program(SERVER);
  const source = `
    const { SupervisorClient } = await import(${JSON.stringify(SUPERVISOR[1]?.replace('main.js', 'client.js'))});
    const client = new SupervisorClient({ stateDir: ${JSON.stringify(sandbox.stateDir)} });
    const { port } = await client.call('start', ${JSON.stringify(spec)});
    process.stdout.write(String(port));
    setTimeout(() => process.kill(-process.pid, 'SIGKILL'), 50);
  `;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', source], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = Number(String((await once(starter.stdout, 'data'))[0]));
  expect(await once(starter, 'exit')).toEqual([null, 'SIGKILL']);
  await sandbox.printed('ready');
  expect(await ask(port)).toBe(String((await sandbox.status()).pid));
});

describe('what is sent to it', () => {
  test('is refused where it is wrong, and it goes on', async () => {
    await using sandbox = await Sandbox.open();
    const spec = await sandbox.program(SLEEPER);
    for (const [parts, message] of [
      [{ service: '../x' }, 'cannot be the name of a service'],
      [{ release: '../../x' }, 'release'],
      [{ target: 'a\nb' }, 'cannot be the id of a target'],
      [{ env: { A: 'x\0' } }, 'holds a NUL byte'],
      [{ folder: 'relative' }, 'is not an absolute path'],
      [{ command: [] }, 'command'],
      [{ stopTimeoutMs: 1e9 }, 'stopTimeoutMs'],
    ] as const) {
      await expect(sandbox.supervisor.call('start', { ...spec, ...parts })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(message),
      });
    }
    await expect(
      sandbox.supervisor.call('start', { ...spec, env: { BIG: 'x'.repeat(5_000_000) } }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT', message: 'the call is larger than 4 MB' });
    expect(await sandbox.supervisor.call('inspect', { service: null })).toEqual([]);
  });

  test('bytes that are no request change nothing', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(SLEEPER);
    const socket = connect(join(sandbox.stateDir, 'supervisor.sock'));
    socket.end('\0\x01 nonsense\r\n\r\n');
    await once(socket.resume(), 'close');
    expect(await sandbox.status()).toMatchObject({ state: 'running' });
  });

  test('can be given up by who sent it', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(`process.on('SIGTERM', () => setTimeout(() => process.exit(), 500)); ${SLEEPER}`);
    await sandbox.printed('ready');
    const abort = new AbortController();
    const stopping = sandbox.supervisor.call('stop', KEY, { signal: abort.signal });
    await waitFor('the stop', async () => (await sandbox.status()).state === 'stopping');
    abort.abort();
    await expect(stopping).rejects.toMatchObject({ code: 'OPERATION', message: 'stop was given up' });
    // It is stopped all the same, and asking again waits for that.
    await sandbox.supervisor.call('stop', KEY);
    expect(await sandbox.supervisor.call('inspect', { service: null })).toEqual([]);
  });
});

describe('with its guardian the supervisor', () => {
  test('is started again when it is killed, and takes up what it had', async () => {
    await using sandbox = await Sandbox.open({ command: guarded(SUPERVISOR) });
    const before = await sandbox.start(SERVER);
    await sandbox.printed('ready');
    const killed = (await sandbox.supervisor.running())?.pid;
    await sandbox.killSupervisor();
    const again = await waitFor('the next one', () => sandbox.client().running());
    expect(again.pid).not.toBe(killed);
    expect(await sandbox.status()).toEqual(before);
    expect(await sandbox.log()).toMatch(
      /^\S+Z \d+ the supervisor ended with code 137; it is started again in 0 s$/m,
    );
  });

  test('is left alone once it was told to end, and so is one that could not begin', async () => {
    await using sandbox = await Sandbox.open({ command: guarded(SUPERVISOR) });
    await sandbox.start(SLEEPER);
    const { pid } = (await sandbox.supervisor.running()) as { pid: number };
    const guardian = await parentOf(pid);
    expect(await lives(guardian)).toBe(true);
    await sandbox.supervisor.shutdown({ stopProcesses: true });
    await waitFor('the end of its guardian', async () => !(await lives(guardian)));
    const [shell = '', ...script] = guarded(['sh', '-c', 'echo no; exit 2']);
    const { exitCode, stdout } = await runProcess([shell, ...script]);
    expect([exitCode, stdout]).toEqual([2, 'no\n']);
  });
});

describe('the death of the supervisor', () => {
  test('by SIGKILL changes nothing for its processes; the next one adopts and manages them', async () => {
    await using sandbox = await Sandbox.open();
    const before = await sandbox.start(SERVER);
    await sandbox.printed('ready');
    await sandbox.killSupervisor();
    expect(await ask(before.port)).toBe(String(before.pid));
    expect(await sandbox.status()).toEqual(before);
    process.kill(before.pid as number, 'SIGKILL');
    const after = await waitFor('the restart', async () => {
      const status = await sandbox.status();
      return status.restarts === 1 && status.state === 'running' ? status : null;
    });
    expect(after.port).toBe(before.port);
    await sandbox.supervisor.call('stop', KEY);
    expect(await lives(after.pid)).toBe(false);
  });

  test('does not break the output of its processes', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(`let n = 0; setInterval(() => console.log('line ' + n++), 5);`);
    await sandbox.printed('line ');
    await sandbox.killSupervisor();
    const last = Number(await sandbox.printed('line '));
    await sandbox.printed(`line ${last + 10}`);
    const lines = await sandbox.supervisor.logTail(KEY, 1_000);
    expect(lines).toEqual(lines.map((_line, n) => `line ${n}`));
  });

  test('what died meanwhile is started again, with its port and its count', async () => {
    await using sandbox = await Sandbox.open();
    const before = await sandbox.start(SERVER);
    await sandbox.printed('ready');
    await sandbox.killSupervisor();
    process.kill(before.pid as number, 'SIGKILL');
    await waitFor('its end', async () => !(await lives(before.pid)));
    expect(await sandbox.status()).toMatchObject({
      port: before.port,
      state: 'running',
      restarts: 1,
      lastExit: { exitCode: null, signal: null, log: ['ready'] },
    });
  });

  test('in the moment between the start of a process and its being written down: it is found', async () => {
    await using sandbox = await Sandbox.open();
    const before = await sandbox.start(SLEEPER);
    await sandbox.printed('ready');
    await sandbox.killSupervisor();
    const file = join(sandbox.stateDir, 'supervisor-state.json');
    const state = JSON.parse(await readFile(file, 'utf8'));
    Object.assign(state.processes[0], { pid: null, identity: null, startedAt: null });
    await writeFile(file, JSON.stringify(state));
    expect(await sandbox.status()).toMatchObject({ pid: before.pid, state: 'running', restarts: 0 });
  });

  test('while it stops a process: the next one ends it', async () => {
    await using sandbox = await Sandbox.open();
    const { pid } = await sandbox.start(`process.on('SIGTERM', () => console.log('term')); ${SLEEPER}`, {
      stopTimeoutMs: 700,
    });
    await sandbox.printed('ready');
    sandbox.supervisor.call('stop', KEY).catch(() => {});
    await sandbox.printed('term');
    const client = sandbox.client();
    await sandbox.killSupervisor();
    await client.call('inspect', { service: null });
    await waitFor('its end', async () => !(await lives(pid)));
    await waitFor(
      'its being forgotten',
      async () => (await client.call('inspect', { service: null })).length === 0,
    );
    client.close();
  });

  test('a process that has its pid by now is not touched', async () => {
    await using sandbox = await Sandbox.open();
    const { pid } = await sandbox.start(SLEEPER);
    await sandbox.printed('ready');
    await sandbox.killSupervisor();
    process.kill(pid as number, 'SIGKILL');
    await waitFor('its end', async () => !(await lives(pid)));
    // As if the pid had gone to this innocent one.
    const innocent = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(innocent, 'spawn');
    const file = join(sandbox.stateDir, 'supervisor-state.json');
    const state = JSON.parse(await readFile(file, 'utf8'));
    state.processes[0].pid = innocent.pid;
    await writeFile(file, JSON.stringify(state));
    expect((await sandbox.status()).pid).not.toBe(innocent.pid);
    await sandbox.supervisor.call('stop', KEY);
    expect(await lives(innocent.pid as number)).toBe(true);
    innocent.kill('SIGKILL');
  });

  test('by SIGTERM is graceful, and leaves its processes', async () => {
    await using sandbox = await Sandbox.open();
    const before = await sandbox.start(SERVER);
    await sandbox.printed('ready');
    await sandbox.killSupervisor('SIGTERM');
    expect(await sandbox.log()).toContain('ends: it got SIGTERM');
    expect(await readdir(sandbox.stateDir)).not.toContain('supervisor.sock');
    expect(await ask(before.port)).toBe(String(before.pid));
    expect(await sandbox.status()).toEqual(before);
  });

  test('during a call: the client starts another and calls again', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.start(`process.on('SIGTERM', () => setTimeout(() => process.exit(), 700)); ${SLEEPER}`);
    await sandbox.printed('ready');
    const client = sandbox.client();
    const stopping = client.call('stop', KEY);
    await waitFor('the stop', async () => (await sandbox.status()).state === 'stopping');
    await sandbox.killSupervisor();
    await stopping;
    expect(await client.call('inspect', { service: null })).toEqual([]);
    client.close();
  });
});

describe('the end of the supervisor', () => {
  test('comes by itself when nothing is left to run and nobody is connected', async () => {
    await using sandbox = await Sandbox.open({ idleExitMs: 200 });
    await sandbox.start(SLEEPER);
    const pid = (await sandbox.supervisor.running())?.pid as number;
    sandbox.supervisor.close();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await lives(pid)).toBe(true);
    await sandbox.supervisor.call('stop', KEY);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await lives(pid)).toBe(true);
    sandbox.supervisor.close();
    await waitFor('its end', async () => (await identifyProcess(pid)) === null);
    expect(await sandbox.log()).toContain('ends: nothing is left to run');
    expect(await sandbox.supervisor.needed()).toBe(false);
  });

  test('can take all its processes with it', async () => {
    await using sandbox = await Sandbox.open();
    const one = await sandbox.start(SLEEPER, { target: 'a' });
    const two = await sandbox.start(SLEEPER, { target: 'b' });
    await sandbox.killSupervisor();
    await sandbox.supervisor.shutdown({ stopProcesses: true });
    expect([await lives(one.pid), await lives(two.pid)]).toEqual([false, false]);
    expect(await sandbox.supervisor.running()).toBe(null);
    expect(await sandbox.supervisor.needed()).toBe(false);
  });

  test('or leave them', async () => {
    await using sandbox = await Sandbox.open();
    const one = await sandbox.start(SLEEPER);
    await sandbox.supervisor.shutdown({ stopProcesses: false });
    expect(await sandbox.supervisor.running()).toBe(null);
    expect(await lives(one.pid)).toBe(true);
    expect(await sandbox.supervisor.needed()).toBe(true);
  });

  test('of one that does not run is nothing', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.supervisor.shutdown({ stopProcesses: false });
    await sandbox.supervisor.shutdown({ stopProcesses: true });
    await expect(stat(sandbox.stateDir)).rejects.toThrow('ENOENT');
  });
});

test('logs that grow too long are rotated while the process writes', async () => {
  await using sandbox = await Sandbox.open();
  const source = `
    const line = 'x'.repeat(99_999) + '\\n';
    for (let n = 0; n < 250; n++) require('node:fs').writeSync(1, line);
    require('node:fs').writeSync(1, 'written\\n');
    setInterval(() => {}, 60_000);
  `;
  await sandbox.start(source);
  await sandbox.printed('written');
  const file = sandbox.supervisor.logPath(KEY);
  await waitFor('the rotation', async () => (await stat(`${file}.1`)).size > 10_000_000);
  expect((await stat(file)).size).toBeLessThan(10_000_000);
  expect(await sandbox.supervisor.logTail(KEY, 1)).toEqual(['written']);
});
