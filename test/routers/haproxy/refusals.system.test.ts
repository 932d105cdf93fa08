import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { haproxyConfigFile } from '../../../src/routers/haproxy/config-file.ts';
import { haproxySocket } from '../../../src/routers/haproxy/connection.ts';
import type { Backend } from '../../../src/routers/router.ts';
import { NamedServer } from '../../../src/testing/router-fixtures.ts';
import { freePort } from '../../support/free-port.ts';
import { requires } from '../../support/requires.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { CONTEXT, startHaproxy } from './fixtures.ts';

const RELEASE = '1.0.0-000000000001';

function at(port: number, target = 'a'): Backend {
  return { target, release: RELEASE, address: { host: '127.0.0.1', port } };
}

describe.runIf(requires('haproxy'))('what HAProxy cannot or will not do', () => {
  test('a server whose check does not pass is not let in, and is gone again', async () => {
    await using haproxy = await startHaproxy();
    const before = await haproxy.config();
    const router = haproxy.router({ healthyTimeoutMs: 500 });
    const port = await freePort();
    await expect(router.admit('api', at(port), null, CONTEXT)).rejects.toMatchObject({
      message: `HAProxy did not find target a healthy at 127.0.0.1:${port} within 500 ms`,
      evidence: { probe: expect.stringMatching(/^L4CON .*(refused|connection problem)/) },
    });
    expect((await router.inspect('api', CONTEXT)).backends).toEqual([]);
    expect(await haproxy.ask('show servers state api')).not.toContain('sluice:');
    expect(await haproxy.config()).toBe(before);
  });

  test('a request that outlasts the drain is cut off and counted', async () => {
    await using haproxy = await startHaproxy();
    const router = haproxy.router({ drainTimeoutMs: 200 });
    const server = await NamedServer.start('a');
    try {
      await router.admit('api', at(server.address.port), null, CONTEXT);
      const held = server.hold();
      const answer = fetch(haproxy.url).then((response) => response.text());
      answer.catch(() => {});
      await held;
      expect(await router.drain('api', 'a', RELEASE, CONTEXT)).toEqual({ abandoned: 1 });
      await expect(answer).rejects.toThrow('terminated');
      expect(await haproxy.ask('show servers state api')).not.toContain('sluice:');
    } finally {
      await server.stop();
    }
  });

  test('a socket without the rights', async () => {
    await using haproxy = await startHaproxy();
    const router = haproxy.router({ connection: haproxySocket(haproxy.weakSocket) });
    await expect(router.admit('api', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining('HAProxy said "Permission denied'),
      remedy: expect.stringContaining('level admin'),
      retryable: false,
    });
  });

  test('a backend that HAProxy does not have, and one without a place for servers', async () => {
    await using haproxy = await startHaproxy();
    await expect(haproxy.router().admit('shop', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: 'The config of HAProxy has no place for the servers of backend shop',
      remedy: expect.stringContaining('"# sluice begin shop" and "# sluice end shop"'),
    });
    // In the file, but HAProxy was not reloaded since.
    await writeFile(
      haproxy.file,
      `${await haproxy.config()}\nbackend shop\n# sluice begin shop\n# sluice end shop\n`,
    );
    await expect(haproxy.router().admit('shop', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: 'HAProxy said "No such proxy." when the servers of backend shop were asked for',
      remedy: expect.stringContaining('reload'),
      retryable: false,
    });
  });

  test('a backend whose balance takes no servers while it runs', async () => {
    await using haproxy = await startHaproxy('static-rr');
    await expect(haproxy.router().admit('api', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining('dynamic load balancing'),
      remedy: expect.stringContaining('balance roundrobin'),
      retryable: false,
    });
  });

  test('a HAProxy that is not there, one that is too old, and one that says nothing', async () => {
    await using folder = await temporaryFolder();
    const socket = join(folder.path, 'socket');
    const file = join(folder.path, 'haproxy.cfg');
    await writeFile(file, 'backend api\n# sluice begin api\n# sluice end api\n');
    await using haproxy = await startHaproxy();
    const router = () =>
      haproxy.router({ connection: haproxySocket(socket), config: haproxyConfigFile({ file }) });
    await expect(router().inspect('api', CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining(`HAProxy cannot be reached at ${socket}: Error: connect ENOENT`),
      remedy: 'Is HAProxy running, and is this the path of `stats socket` in its config?',
    });
    let answer = 'Name: HAProxy\nVersion: 2.4.22\n';
    const server = createServer({ allowHalfOpen: true }, (client) =>
      client.once('data', () => client.end(answer)),
    );
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      await expect(router().inspect('api', CONTEXT)).rejects.toMatchObject({
        message: 'HAProxy 2.4.22 cannot add and delete servers while it runs',
        remedy: 'Use HAProxy 2.6 or newer.',
      });
      answer = '';
      await expect(router().inspect('api', CONTEXT)).rejects.toThrow(
        'HAProxy said nothing when its version was asked for',
      );
    } finally {
      server.close();
    }
  });

  test('names and words that would be commands never reach it', async () => {
    await using haproxy = await startHaproxy();
    const server = await NamedServer.start('a');
    try {
      const target = 'a; shutdown frontend web # "\\ $(id) ü';
      const backend = { ...at(server.address.port), target };
      const router = haproxy.router();
      await router.admit('api', backend, null, CONTEXT);
      expect((await router.inspect('api', CONTEXT)).backends.map((each) => each.target)).toEqual([target]);
      expect(await (await fetch(haproxy.url)).text()).toBe('a');
      await haproxy.reload();
      expect((await router.inspect('api', CONTEXT)).backends.map((each) => each.target)).toEqual([target]);
      await router.drain('api', target, RELEASE, CONTEXT);
      expect((await router.inspect('api', CONTEXT)).backends).toEqual([]);
      await expect(router.admit('api', { ...backend, target: 'a\nb' }, null, CONTEXT)).rejects.toThrow(
        'cannot be the id of a target',
      );
      await expect(router.inspect('api; quit', CONTEXT)).rejects.toThrow('cannot be the name of a service');
      expect(() => haproxy.router({ backends: { api: 'api; quit' } })).toThrow(
        'cannot be the name of a backend',
      );
      expect(() => haproxy.router({ serverOptions: ['inter 1s'] })).toThrow('cannot be one word');
    } finally {
      await server.stop();
    }
  });

  test('a target with the longest name there is', async () => {
    await using haproxy = await startHaproxy();
    const server = await NamedServer.start('a');
    try {
      const backend = { ...at(server.address.port), target: '𝒳'.repeat(253) };
      const router = haproxy.router();
      await router.admit('api', backend, null, CONTEXT);
      await haproxy.reload();
      expect((await router.inspect('api', CONTEXT)).backends).toMatchObject([backend]);
    } finally {
      await server.stop();
    }
  });
});

describe.runIf(requires('haproxy'))('the config file', () => {
  test('stays as it was when HAProxy does not accept it', async () => {
    await using haproxy = await startHaproxy();
    const config = haproxyConfigFile({ file: haproxy.file });
    const before = await haproxy.config();
    const change = config.change((text) => `${text}nonsense\n`, CONTEXT.signal);
    await expect(change).rejects.toMatchObject({
      message: expect.stringMatching(/does not accept the new .*which stays as it was: .*nonsense/s),
      retryable: false,
    });
    expect(await haproxy.config()).toBe(before);
    const left = (await readdir(dirname(haproxy.file))).filter((name) => name.includes('draft'));
    expect(left).toEqual([]);
  });

  test('keeps its mode, and stays a link', async () => {
    await using haproxy = await startHaproxy();
    await chmod(haproxy.file, 0o640);
    const link = join(dirname(haproxy.file), 'link.cfg');
    await symlink(haproxy.file, link);
    await haproxyConfigFile({ file: link }).change((text) => `${text}# more\n`, CONTEXT.signal);
    expect((await stat(haproxy.file)).mode & 0o777).toBe(0o640);
    expect(await readFile(haproxy.file, 'utf8')).toMatch(/# more\n$/);
  });

  test('loses no change of ten at once', async () => {
    await using haproxy = await startHaproxy();
    const changes = Array.from({ length: 10 }, (_, i) =>
      haproxyConfigFile({ file: haproxy.file }).change((text) => `${text}# change ${i};\n`, CONTEXT.signal),
    );
    await Promise.all(changes);
    const text = await haproxy.config();
    for (let i = 0; i < 10; i++) expect(text).toContain(`# change ${i};\n`);
  });

  test('says what to do when it is not there, or the program that checks it', async () => {
    await using haproxy = await startHaproxy();
    const file = `${haproxy.file}.missing`;
    await expect(haproxyConfigFile({ file }).read(CONTEXT.signal)).rejects.toMatchObject({
      message: expect.stringContaining(`The config of HAProxy, ${file}, cannot be read or changed`),
      retryable: false,
    });
    const config = haproxyConfigFile({ file: haproxy.file, program: 'no-such-haproxy' });
    await expect(config.change((text) => `${text}\n`, CONTEXT.signal)).rejects.toMatchObject({
      remedy: 'Give the path of haproxy as `program`.',
    });
  });
});
