import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Split } from '../../../src/routers/router.ts';
import { Load } from '../../../src/testing/router-fixtures.ts';
import { requires } from '../../support/requires.ts';
import type { StartedProcess } from '../../support/run-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { CONTEXT, ServerProcesses, type StartedHaproxy, startHaproxy } from './fixtures.ts';

const OLD = '1.0.0-000000000001';
const NEW = '2.0.0-000000000002';
const CLIENTS = 16;

describe.runIf(requires('haproxy'))('HAProxy under load', () => {
  test('loses no request over shifts, reloads, a backend that is killed, and drains', async () => {
    await using haproxy = await startHaproxy();
    await using servers = new ServerProcesses();
    const router = haproxy.router();
    const admit = async (name: string, release: string, split: Split | null) => {
      const { address, process: server } = await servers.start(name);
      const backend = { target: name, release, address };
      await router.admit('api', backend, split, CONTEXT);
      return server;
    };
    for (const name of ['a', 'b', 'c']) await admit(name, OLD, newGets(0));

    const tally = new Map<string, number>();
    const load = underLoad(haproxy, tally);
    await load.more(500);
    const killed: StartedProcess[] = [];
    for (const name of ['x', 'y', 'z']) killed.push(await admit(name, NEW, newGets(0)));
    const shares: Record<number, number> = {};
    for (const percent of [10, 50, 100]) {
      await router.shift('api', newGets(percent), CONTEXT);
      // What was under way when it was shifted is answered by the old ones.
      await load.more(CLIENTS);
      tally.clear();
      await load.more(2_000);
      shares[percent] = shareOf(tally, ['x', 'y', 'z']);
      if (percent === 50) {
        await haproxy.reload();
        tally.clear();
        await load.more(2_000);
        shares[51] = shareOf(tally, ['x', 'y', 'z']);
      }
    }
    killed[0]?.kill('SIGKILL');
    await load.more(500);
    const drains = [await router.drain('api', 'x', NEW, CONTEXT)];
    for (const name of ['a', 'b', 'c']) drains.push(await router.drain('api', name, OLD, CONTEXT));
    await load.more(500);

    expect(await load.stop()).toEqual([]);
    expect(drains).toEqual([0, 0, 0, 0].map((abandoned) => ({ abandoned })));
    for (const [percent, share] of [
      [10, shares[10]],
      [50, shares[50]],
      [50, shares[51]],
      [100, shares[100]],
    ] as const) {
      expect(Math.abs((share ?? 0) - percent), `a share of ${percent} % was ${share} %`).toBeLessThan(1);
    }
    const { backends } = await router.inspect('api', CONTEXT);
    expect(backends.map(({ target }) => target)).toEqual(['y', 'z']);
  });

  test('goes on in mid-rollout after a reload, from the file alone', async () => {
    await using haproxy = await startHaproxy();
    await using servers = new ServerProcesses();
    const router = haproxy.router();
    for (const [name, release] of [['a', OLD] as const, ['b', OLD] as const, ['x', NEW] as const]) {
      const { address } = await servers.start(name);
      const backend = { target: name, release, address };
      await router.admit('api', backend, newGets(25), CONTEXT);
    }
    const told = (await router.inspect('api', CONTEXT)).backends.map((each) => ({ ...each, requests: 0 }));
    const weights = async () => (await haproxy.ask('show servers state api')).split('\n').flatMap(weightOf);
    expect(await weights()).toEqual(['a 3', 'b 3', 'x 2']);

    await haproxy.reload();
    expect(await weights()).toEqual(['a 3', 'b 3', 'x 2']);
    // Another controller, which knows nothing but what it finds.
    const next = haproxy.router();
    const { backends, split } = await next.inspect('api', CONTEXT);
    expect(backends.map((each) => ({ ...each, requests: 0 }))).toEqual(told);
    expect(split).toEqual(newGets(25));
    await next.shift('api', newGets(100), CONTEXT);
    for (const target of ['a', 'b']) await next.drain('api', target, OLD, CONTEXT);
    expect(await weights()).toEqual(['x 1']);
    await haproxy.reload();
    expect(await weights()).toEqual(['x 1']);
    expect(await haproxy.config()).toContain(
      '    # sluice begin api\n    # split {"release":"2.0.0-000000000002","percent":100}\n    server sluice:x:2.0.0-000000000002 127.0.0.1:',
    );
  });

  test('puts right at the next operation what a reload of an older file took away', async () => {
    await using haproxy = await startHaproxy();
    await using servers = new ServerProcesses();
    const router = haproxy.router();
    for (const name of ['a', 'b']) {
      const { address } = await servers.start(name);
      const backend = { target: name, release: OLD, address };
      await router.admit('api', backend, null, CONTEXT);
    }
    const place = 'api/sluice:b:1.0.0-000000000001';
    await haproxy.ask(`set server ${place} state maint; del server ${place}`);
    expect((await router.inspect('api', CONTEXT)).backends.map(({ target }) => target)).toEqual(['a']);
    await router.shift('api', null, CONTEXT);
    await waitFor('the check of b', async () =>
      (await haproxy.ask('show stat api 4 -1')).match(/sluice:b:.*,UP,.*L7OK/),
    );
    expect((await router.inspect('api', CONTEXT)).backends.map(({ target }) => target)).toEqual(['a', 'b']);
  });
});

function underLoad(haproxy: StartedHaproxy, tally: Map<string, number>): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  return new Load(CLIENTS, async () => {
    const [response] = await once(get(haproxy.url, { agent }), 'response');
    let body = '';
    for await (const part of response.setEncoding('utf8')) body += part;
    if (response.statusCode !== 200) return `${response.statusCode} ${body}`;
    tally.set(body, (tally.get(body) ?? 0) + 1);
    return null;
  });
}

function newGets(percent: number): Split {
  return { release: NEW, percent };
}

function shareOf(tally: ReadonlyMap<string, number>, names: readonly string[]): number {
  const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);
  return (100 * sum(names.map((name) => tally.get(name) ?? 0))) / sum(tally.values());
}

/** The target and weight of a line of `show servers state`. */
function weightOf(line: string): string[] {
  const words = line.split(' ');
  const target = words[3]?.split(':')[1];
  return target === undefined ? [] : [`${target} ${words[7]}`];
}
