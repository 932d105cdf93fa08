/** Whoever may open the supervisor's socket may send it anything: it answers or closes, and goes on. */
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSocketPath } from '../../src/supervisor/socket-path.ts';
import { Sandbox } from './sandbox.ts';

interface Listening {
  readonly box: Sandbox;
  readonly socket: string;
}

async function open(): Promise<Listening> {
  const box = await Sandbox.open();
  await box.supervisor.call('inspect', { service: null });
  const socket = (await readSocketPath(box.stateDir)) ?? '';
  return { box, socket };
}

/** What comes back until it is closed, or for `patienceMs` where it is not. */
function send(path: string, bytes: string, patienceMs = 150): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let got = '';
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.setEncoding('utf8').on('data', (data: string) => {
      got += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(got);
    });
    socket.write(bytes, 'latin1');
  });
}

function post(method: string, body: string): string {
  const head = `POST /${method} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The body of the answer to a call that is refused. */
async function refusal(socket: string, method: string, input: unknown): Promise<unknown> {
  const answer = await send(
    socket,
    post(method, typeof input === 'string' ? input : JSON.stringify(input)),
    5_000,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
}

describe('the socket', () => {
  test('and its folder are for their owner alone', async () => {
    const { box, socket } = await open();
    await using _ = box;
    expect(((await stat(socket)).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(box.stateDir)).mode & 0o777).toString(8)).toBe('700');
    expect(((await stat(join(box.stateDir, 'supervisor.log'))).mode & 0o077).toString(8)).toBe('0');
  });

  test('that is sent garbage, halves, too much and too many goes on, and writes nothing about it', async () => {
    const { box, socket } = await open();
    await using _ = box;
    const noise = fc.sample(fc.string({ unit: 'binary', maxLength: 200 }), { numRuns: 20, seed: 7 });
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    const inspect = post('inspect', '{"service":null}').replace('close', 'keep-alive');
    await Promise.all(
      [
        '',
        '\x16\x03\x01\x02\x00',
        'POST /start HTTP/1.1\r\nContent-Le',
        'POST /inspect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"serv',
        'POST /inspect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\nabc',
        `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
        upgrade,
        inspect + upgrade,
        'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
        ...noise,
      ].map((bytes) => send(socket, bytes)),
    );
    const idle = Array.from({ length: 300 }, () => send(socket, '', 1_000));
    expect(await box.supervisor.call('inspect', { service: null })).toEqual([]);
    await Promise.all(idle);
    expect((await box.log()).trim().split('\n')).toHaveLength(1);
  });

  test('takes no call that is larger than it needs to be, and does not read one without end', async () => {
    const { box, socket } = await open();
    await using _ = box;
    expect(await refusal(socket, 'inspect', `"${'x'.repeat(5_000_000)}"`)).toEqual({
      code: 'INVALID_INPUT',
      message: 'the call is larger than 4 MB',
    });
    const chunk = `1000000\r\n${'x'.repeat(16 * 1024 * 1024)}\r\n`;
    const head = 'POST /inspect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await send(socket, head + chunk.repeat(6), 10_000)).toBe('');
    expect(await box.supervisor.call('inspect', { service: null })).toEqual([]);
  });
});

describe('a call that makes no sense is refused as such', () => {
  test('by what is wrong with it', async () => {
    const { box, socket } = await open();
    await using _ = box;
    const route = (parts: object) => ['configureRoute', { route: { service: 'a', ...parts } }] as const;
    const address = { host: '/evil?#', port: 1 };
    const wrong: readonly (readonly [string, unknown, string])[] = [
      ['inspect', '{', 'the call is not JSON'],
      ['inspect', '['.repeat(500_000), 'the call is not JSON'],
      ['inspect', '{"__proto__":{"service":null}}', 'inspect was called wrongly'],
      ['__proto__', {}, 'the supervisor does not know POST /__proto__'],
      ['constructor', {}, 'the supervisor does not know POST /constructor'],
      ['../inspect', {}, 'the supervisor does not know'],
      ['stop', { service: '../..', target: 'a', release: '1.0.0-abc' }, 'cannot be the name of a service'],
      ['stop', { service: 'a', target: 'a\n', release: '1.0.0-abc' }, 'cannot be the id of a target'],
      ['stop', { service: 'a', target: 'a', release: '../x' }, 'stop was called wrongly'],
      [...route({ service: ['a'] }), 'expected string'],
      [...route({ hosts: 'a' }), 'expected array'],
      [...route({ hosts: [1] }), 'expected string'],
      [...route({ bindHost: 7 }), 'expected string'],
      [...route({ releaseHeader: 5 }), 'Invalid input'],
      [...route({ trustForwarded: 'no' }), 'expected boolean'],
      [...route({ port: 1e9 }), '1000000000 cannot be the port of service a'],
      [...route({ more: 1 }), 'Unrecognized key'],
      [
        'admit',
        { service: 'a', backend: { target: 't', release: '1.0.0-abc', address }, split: null },
        'cannot be the address of target t',
      ],
    ];
    for (const [method, input, says] of wrong) {
      expect(await refusal(socket, method, input)).toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(says),
      });
    }
    expect(await box.supervisor.call('inspect', { service: null })).toEqual([]);
    expect((await box.log()).trim().split('\n')).toHaveLength(1);
  });
});
