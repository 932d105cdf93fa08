import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench } from './fixtures.ts';

const NO_BACKEND = [503, 'no-backend', 'Service api has no instance that takes requests.\n'];
const OVERLOADED = [503, 'overloaded', 'Service api is overloaded: all of its instances are busy.\n'];

describe('while there is no backend', () => {
  test('requests wait and go, in order, when one is admitted', async () => {
    await using bench = await Bench.open();
    const order: string[] = [];
    const asked = ['/1', '/2', '/3'].map((path) => bench.ask(path));
    await waitFor('three in line', () => bench.router.stats('api')!.requests === 3);
    await bench.http('a', (request, response) => {
      order.push(request.url!);
      response.end('late');
    });
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(['late', 'late', 'late']);
    expect(order).toEqual(['/1', '/2', '/3']);
  });

  test('for the queue timeout at most', async () => {
    await using bench = await Bench.open({ queueTimeoutMs: 50 });
    const { headers } = await bench.ask();
    expect(headers['retry-after']).toBe('1');
    expect(await bench.refusal()).toEqual(NO_BACKEND);
    expect(bench.router.stats('api')!.errors).toEqual({ 502: 0, 503: 2, 504: 0 });
  });

  test('as many as the queue holds; the next is refused at once', async () => {
    await using bench = await Bench.open({ maxQueue: 2 });
    const waiting = [bench.ask(), bench.ask()];
    await waitFor('two in line', () => bench.router.stats('api')!.requests === 2);
    expect(await bench.refusal()).toEqual(NO_BACKEND);
    await bench.named('a');
    expect((await Promise.all(waiting)).map(({ body }) => body)).toEqual(['a', 'a']);
  });

  test('a client that leaves gives up its place', async () => {
    await using bench = await Bench.open({ maxQueue: 1 });
    const leaver = connect(bench.port, '127.0.0.1');
    leaver.write('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitFor('one in line', () => bench.router.stats('api')!.requests === 1);
    expect((await bench.ask()).status).toBe(503);
    leaver.destroy();
    const stays = await waitFor('the place', async () => {
      const asked = bench.ask();
      const refused = await Promise.race([asked.then(() => true), new Promise((r) => setTimeout(r, 30))]);
      return refused === true ? null : { asked };
    });
    const seen: (string | undefined)[] = [];
    await bench.http('a', (request, response) => {
      seen.push(request.url);
      response.end();
    });
    expect((await stays.asked).status).toBe(200);
    expect(seen).toEqual(['/']);
  });
});

describe('while all backends are busy', () => {
  /** A backend that holds its requests until told. */
  async function holding(bench: Bench, target: string): Promise<ServerResponse[]> {
    const held: ServerResponse[] = [];
    await bench.http(target, (_request, response) => held.push(response));
    return held;
  }

  test('requests wait for the first that is free', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 2 });
    const [a, b] = [await holding(bench, 'a'), await holding(bench, 'b')];
    const asked = Array.from({ length: 5 }, () => bench.ask());
    await waitFor('four under way', () => a.length + b.length === 4);
    await waitFor('one in line', () => bench.router.stats('api')!.requests === 5);
    expect([a.length, b.length]).toEqual([2, 2]);
    b[0]!.end('first');
    await waitFor('the fifth', () => b.length === 3);
    for (const response of [...a, ...b]) response.end('done');
    expect((await Promise.all(asked)).filter(({ status }) => status === 200)).toHaveLength(5);
  });

  test('for the queue timeout at most, and never more than the queue holds', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 1, maxQueue: 1, queueTimeoutMs: 50 });
    const held = await holding(bench, 'a');
    const served = bench.ask();
    await waitFor('one under way', () => held.length === 1);
    const [late, refused] = await Promise.all([bench.refusal(), bench.refusal()]);
    expect([late, refused]).toEqual([OVERLOADED, OVERLOADED]);
    held[0]!.end();
    expect((await served).status).toBe(200);
  });

  test('a request that one could not take waits for the other, which is only full', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 1 });
    const held = await holding(bench, 'full');
    const first = bench.ask();
    await waitFor('the first', () => held.length === 1);
    await bench.dead('down');
    const second = bench.ask();
    await waitFor('the second', () => bench.router.stats('api')!.requests === 2);
    held[0]!.end('first');
    await waitFor('the second to go', () => held.length === 2);
    held[1]!.end('second');
    expect([(await first).body, (await second).body]).toEqual(['first', 'second']);
  });

  test('a thousand requests at once are all answered, five at a time by each', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 5 });
    let most = 0;
    for (const target of ['a', 'b']) {
      let now = 0;
      await bench.http(target, (_request, response) => {
        now += 1;
        most = Math.max(most, now);
        setTimeout(() => {
          now -= 1;
          response.end();
        }, 2);
      });
    }
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => bench.ask()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(most).toBe(5);
  });
});
