import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationError } from '../../../src/errors.ts';
import { SshShells, type SshShellsOptions } from '../../../src/platforms/ssh/ssh-shells.ts';
import { requiresSshFleet } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
import { shellCases } from './shell-cases.ts';

const never = new AbortController().signal;

describe.runIf(requiresSshFleet())('shells over ssh', () => {
  let fleet: SshFleet;
  let shells: SshShells;

  beforeAll(async () => {
    const begun = performance.now();
    fleet = await startSshFleet({ hosts: 10 });
    expect(performance.now() - begun).toBeLessThan(3_000 * 3);
    shells = new SshShells({ configFile: fleet.configFile });
  });
  afterAll(async () => {
    await shells?.close();
    await fleet?.[Symbol.asyncDispose]();
  });

  const host = (index: number) => fleet.hosts[index]!;
  const echo = (on: SshShells, name: string) => on.shell(name).run('hostname', { signal: never });

  describe('on one host', () => {
    shellCases(() => shells.shell('h001'));
  });

  test('ten hosts, each its own; the second script needs no new connection', async () => {
    const answers = async () => await Promise.all(fleet.hosts.map(({ name }) => echo(shells, name)));
    expect((await answers()).map(({ stdout }) => stdout.trim())).toEqual(fleet.hosts.map(({ name }) => name));
    const logins = host(4)
      .processes()
      .then((all) => all.filter(({ argv }) => argv[0]?.includes('@notty')));
    expect((await logins).length).toBe(1);
    await answers();
    expect((await host(4).processes()).filter(({ argv }) => argv[0]?.includes('@notty')).length).toBe(1);
  });

  test('fifty connections at once to one sshd are all let in', async () => {
    await using config = await configWith(
      Array.from(
        { length: 50 },
        (_, at) => `Host many${at}\n  HostName ${host(1).address}\n  HostKeyAlias h002`,
      ),
    );
    const many = new SshShells({ configFile: config.path, mostLogins: 50 });
    const results = await Promise.all(Array.from({ length: 50 }, (_, at) => echo(many, `many${at}`)));
    await many.close();
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 50 }, () => 'h002\n'));
    expect(readFileSync(join(host(1).folder, 'run/sshd.log'), 'utf8')).not.toMatch(/MaxStartups|past Max/);
  });

  test('those that sshd hangs up on, since others crowd at its door, come again', async () => {
    await using crowded = await startSshFleet({ hosts: 1, maxStartups: '1:100:1' });
    const door = crowded.hosts[0]!;
    const { connect } = await import('node:net');
    const idler = connect(22, door.address);
    await new Promise((resolve) => idler.once('data', resolve));
    const late = new SshShells({ configFile: crowded.configFile });
    const asked = echo(late, 'h001');
    const log = join(door.folder, 'run/sshd.log');
    await waitFor('sshd to hang up', () =>
      /drop connection|beginning MaxStartups/.test(readFileSync(log, 'utf8')),
    );
    idler.destroy();
    expect((await asked).stdout).toBe('h001\n');
    await late.close();
  });

  test('hosts behind a jump host are reached through it, also many at once', async () => {
    await using config = await configWith(
      fleet.hosts
        .slice(1)
        .map(
          (one) =>
            `Host far-${one.name}\n  HostName ${one.address}\n  HostKeyAlias ${one.name}\n  ProxyCommand ssh -F ${fleet.configFile} -o BatchMode=yes -W %h:%p h001`,
        ),
    );
    const far = new SshShells({ configFile: config.path });
    const results = await Promise.all(fleet.hosts.slice(1).map(({ name }) => echo(far, `far-${name}`)));
    await far.close();
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(fleet.hosts.slice(1).map(({ name }) => name));
  });

  const refusals: [string, string[], Record<string, unknown>][] = [
    [
      'a host whose key is not known',
      ['UserKnownHostsFile /dev/null'],
      {
        message: 'cannot log in to h003: its host key is not known (ssh: Host key verification failed.)',
        remedy:
          'Run "ssh h003 true" once, compare the key with the host\'s own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on it) and accept it; or set StrictHostKeyChecking accept-new in the ssh config.',
        retryable: false,
      },
    ],
    [
      'a host whose key is not known, also where the config would take any',
      ['UserKnownHostsFile /dev/null', 'StrictHostKeyChecking no'],
      { message: 'cannot log in to h003: its host key is not known (ssh: Host key verification failed.)' },
    ],
    [
      'a host with another key than the known one',
      ['HostKeyAlias h004'],
      {
        message:
          'cannot log in to h003: its host key is not the one that is known (ssh: Host key verification failed.)',
        retryable: false,
      },
    ],
    [
      'a port where nothing listens',
      ['Port 2'],
      {
        message: expect.stringMatching(
          /^cannot log in to h003: nothing listens there \(ssh: .*Connection refused\)$/,
        ),
        retryable: true,
      },
    ],
    [
      'a name without an address',
      ['HostName nowhere.invalid'],
      {
        message: expect.stringMatching(/^cannot log in to h003: nobody knows an address for its name/),
      },
    ],
    [
      'a config that ssh cannot read',
      ['NoSuchOption yes'],
      {
        message: expect.stringMatching(/^cannot log in to h003: the ssh config cannot be used/),
        retryable: false,
      },
    ],
  ];
  test.each(refusals)('refused, with what to do: %s', async (_, lines, expected) => {
    await using config = await configWith([`Host h003\n  ${lines.join('\n  ')}`]);
    const refused = new SshShells({ configFile: config.path });
    const error = await echo(refused, 'h003').catch((thrown: unknown) => thrown);
    await refused.close();
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject(expected);
    expect((error as OperationError).remedy).not.toBe('');
  });

  test('a key that the host does not know is refused, with what to do', async () => {
    await using config = await configWith([], join(host(0).folder, 'etc-ssh/ssh_host_ed25519_key'));
    const wrong = new SshShells({ configFile: config.path });
    await expect(echo(wrong, 'h003')).rejects.toMatchObject({
      message: `cannot log in to h003: it does not let us in (ssh: deploy@${host(2).address}: Permission denied (publickey).)`,
      remedy: expect.stringContaining('authorized_keys on the host') as string,
      retryable: false,
    });
    await wrong.close();
  });

  test('accept-new of the config holds', async () => {
    await using folder = await temporaryFolder();
    const known = join(folder.path, 'known');
    await using config = await configWith([
      `Host h003\n  UserKnownHostsFile ${known}\n  StrictHostKeyChecking accept-new\n  HashKnownHosts yes`,
    ]);
    for (const _ of ['learns it', 'knows it, hashed']) {
      const accepting = new SshShells({ configFile: config.path });
      expect((await echo(accepting, 'h003')).stdout).toBe('h003\n');
      await accepting.close();
    }
    expect(readFileSync(known, 'utf8')).toMatch(/^\|1\|/);
  });

  test('a host that takes the connection and says nothing is given up', async () => {
    await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await using config = await configWith([
      `Host h003\n  HostName 127.0.0.1\n  Port ${port}\n  ConnectTimeout 1`,
    ]);
    const waiting = new SshShells({ configFile: config.path });
    await expect(echo(waiting, 'h003')).rejects.toThrow(/^cannot log in to h003: it does not answer/);
    await waiting.close();
  });

  test('an sshd killed in the middle of a script is a lost connection; the script does not live on', async () => {
    const name = host(5).name;
    const running = shells.shell(name).run('echo begun >~/begun; sleep 4711', { signal: never });
    running.catch(() => {});
    const sleeping = async () => (await host(5).processes()).some(({ argv }) => argv[1] === '4711');
    await waitFor('the script to begin', sleeping);
    await host(5).killSshd();
    await expect(running).rejects.toMatchObject({
      code: 'OPERATION',
      retryable: true,
      message: expect.stringMatching(/^the connection to h006 was lost in the middle of a script/) as string,
      remedy: expect.stringContaining('ssh h006 true') as string,
    });
    await waitFor('the script to end', async () => !(await sleeping()));
    await expect(echo(shells, name)).rejects.toThrow('cannot log in to h006: nothing listens there');
    await host(5).startSshd();
    expect((await echo(shells, name)).stdout).toBe('h006\n');
  });

  test('a host that hangs without closing is noticed, said so, and works again when it is back', async () => {
    const watchful = new SshShells({
      configFile: fleet.configFile,
      aliveIntervalSeconds: 1,
      connectTimeoutSeconds: 1,
    });
    expect((await echo(watchful, 'h007')).stdout).toBe('h007\n');
    const begun = performance.now();
    const running = watchful.shell('h007').run('sleep 30', { signal: never });
    await host(6).unplug();
    await expect(running).rejects.toThrow(
      /^the connection to h007 was lost in the middle of a script: it does not answer \(ssh: Timeout, server \S+ not responding\.\)$/,
    );
    expect(performance.now() - begun).toBeLessThan(15_000);
    await expect(echo(watchful, 'h007')).rejects.toThrow('cannot log in to h007: it does not answer');
    await host(6).plugIn();
    expect((await waitFor('the host', () => echo(watchful, 'h007'))).stdout).toBe('h007\n');
    await watchful.close();
  });

  test('what is cancelled on a host that hangs ends within seconds', async () => {
    const other = new SshShells({ configFile: fleet.configFile });
    await echo(other, 'h008');
    const controller = new AbortController();
    const running = other.shell('h008').run('sleep 30', { signal: controller.signal });
    await host(7).unplug();
    const begun = performance.now();
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(performance.now() - begun).toBeLessThan(8_000);
    await host(7).plugIn();
    await other.close();
  });

  test('neither a script nor its input is in any list of processes', async () => {
    const secret = `geheim-${Date.now()}`;
    const running = shells
      .shell('h009')
      .run(`SECRET='${secret}'; read -r input; touch ~/read; sleep 1; echo "$input$SECRET" | wc -c`, {
        signal: never,
        input: Buffer.from(`${secret}\n`),
      });
    await waitFor('the script to read', () =>
      readdirSync(join(host(8).folder, 'home/deploy')).includes('read'),
    );
    const words = (await host(8).processes()).flatMap(({ argv }) => argv).join(' ');
    expect(words).toContain('sluice_token');
    expect(words).not.toContain(secret);
    const { readdir } = await import('node:fs/promises');
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      expect(textOf(`/proc/${pid}/cmdline`)).not.toContain(secret);
    }
    expect((await running).stdout).toBe(`${secret.length * 2 + 1}\n`);
  });

  test('a connection that is idle is closed, and nothing of it is left on the host', async () => {
    const left = async () =>
      (await host(9).processes()).filter(({ argv }) => argv.join(' ').includes('sluice_')).length;
    const others = await left();
    const brief = new SshShells({ configFile: fleet.configFile, idleMs: 100 });
    await echo(brief, 'h010');
    await waitFor('the session to end', async () => (await left()) === others);
    expect((await echo(brief, 'h010')).stdout).toBe('h010\n');
    await brief.close();
    expect(await left()).toBe(others);
    await expect(echo(brief, 'h010')).rejects.toThrow('the connections to the hosts were closed');
  });

  test('an ssh config that would get in the way of a session does not', async () => {
    await using config = await configWith([
      'Host h003\n  RequestTTY force\n  RemoteCommand echo mine\n  LocalForward 1 localhost:1\n  ExitOnForwardFailure yes\n  LogLevel QUIET\n  ControlMaster auto',
    ]);
    const odd = new SshShells({ configFile: config.path } satisfies SshShellsOptions);
    expect((await echo(odd, 'h003')).stdout).toBe('h003\n');
    await odd.close();
  });

  /** The lines before those of the fleet, since the first value counts. */
  async function configWith(lines: readonly string[], keyFile: string = fleet.keyFile) {
    const folder = await temporaryFolder();
    const path = join(folder.path, 'config');
    const config = readFileSync(fleet.configFile, 'utf8').replace(fleet.keyFile, keyFile);
    await writeFile(path, `${lines.join('\n')}\nHost *\n${config}`);
    return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  }
});

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
