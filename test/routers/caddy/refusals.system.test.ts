import { describe, expect, test } from 'vitest';
import { caddyAdmin } from '../../../src/routers/caddy/admin.ts';
import type { Backend } from '../../../src/routers/router.ts';
import { NamedServer } from '../../../src/testing/router-fixtures.ts';
import { freePort } from '../../support/free-port.ts';
import { requires } from '../../support/requires.ts';
import { ask } from '../ask.ts';
import { CONTEXT, startCaddy } from './fixtures.ts';

const RELEASE = '1.0.0-000000000001';

function at(port: number, target = 'a'): Backend {
  return { target, release: RELEASE, address: { host: '127.0.0.1', port } };
}

describe.runIf(requires('caddy'))('what Caddy cannot or will not do', () => {
  test('an id that it does not have, a Caddy that is not there, and a host that it does not answer to', async () => {
    await using caddy = await startCaddy();
    await expect(caddy.router().inspect('shop', CONTEXT)).rejects.toMatchObject({
      message: 'Caddy has no route with the id shop',
      remedy: expect.stringContaining('{ "@id": "shop", '),
      retryable: false,
    });
    const admin = caddyAdmin(`127.0.0.1:${await freePort()}`);
    await expect(caddy.router({ admin }).inspect('api', CONTEXT)).rejects.toMatchObject({
      message: expect.stringMatching(/^The admin API of Caddy cannot be reached at .*ECONNREFUSED/),
    });
    const stranger = caddyAdmin(caddy.admin, { host: 'evil.example' });
    await expect(caddy.router({ admin: stranger }).inspect('api', CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining('host not allowed'),
      remedy: expect.stringContaining('origins'),
    });
    expect(() => caddy.router({ ids: { api: '../config' } })).toThrow('cannot be the id of a route');
  });

  test('a change that it does not accept leaves it as it was', async () => {
    await using caddy = await startCaddy();
    const server = await NamedServer.start('a');
    try {
      await caddy.router().admit('api', at(server.address.port), null, CONTEXT);
      const admin = caddyAdmin(caddy.admin);
      const spoilt = caddy.router({
        admin: (asked, signal) => {
          const { body } = asked;
          return admin(
            body === undefined ? asked : { ...asked, body: body.replaceAll('"dial"', '"nonsense"') },
            signal,
          );
        },
      });
      await expect(spoilt.admit('api', at(9, 'b'), null, CONTEXT)).rejects.toMatchObject({
        message: expect.stringMatching(/^Caddy does not accept the change, and stays as it was: .*nonsense/),
        retryable: false,
      });
      expect(await ask(caddy.url)).toBe('a');
      expect((await caddy.router().inspect('api', CONTEXT)).backends.map(({ target }) => target)).toEqual([
        'a',
      ]);
    } finally {
      await server.stop();
    }
  });

  test('loses no change of ten at once by as many controllers, and keeps what the user has in the route', async () => {
    await using caddy = await startCaddy();
    const targets = Array.from({ length: 10 }, (_, i) => `t${i}`);
    await Promise.all(
      targets.map((target, i) =>
        caddy.router().admit('api', at(9_000 + i, target), null, { signal: AbortSignal.timeout(30_000) }),
      ),
    );
    const { backends } = await caddy.router().inspect('api', CONTEXT);
    expect(backends.map(({ target }) => target)).toEqual(targets);
    expect((await fetch(caddy.url)).headers.get('x-site')).toBe('mine');
  });

  test('its admin API on a unix socket, a request that outlasts the drain, and a drain that the next goes on with', async () => {
    await using caddy = await startCaddy({ socket: true });
    const server = await NamedServer.start('a');
    try {
      const target = 'a"}]}} {http.request.uri} "@id": "api" \\ $(id) ü';
      const router = caddy.router({ drainTimeoutMs: 200 });
      await router.admit('api', at(server.address.port, target), null, CONTEXT);
      const held = server.hold();
      const answer = ask(caddy.url);
      await held;
      expect((await router.inspect('api', CONTEXT)).backends).toMatchObject([{ target, inFlight: 1 }]);
      expect(await router.drain('api', target, RELEASE, CONTEXT)).toEqual({ abandoned: 1 });
      const next = caddy.router();
      expect((await next.inspect('api', CONTEXT)).backends).toMatchObject([
        { target, draining: true, inFlight: 1 },
      ]);
      const drained = next.drain('api', target, RELEASE, CONTEXT);
      server.letGo();
      expect(await drained).toEqual({ abandoned: 0 });
      expect(await answer).toBe('a');
      expect((await next.inspect('api', CONTEXT)).backends).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
