import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import {
  addServer,
  deleteServer,
  endSessions,
  joined,
  serverLine,
  setState,
  setWeight,
  showServers,
} from '../../../src/routers/haproxy/commands.ts';
import { serverName } from '../../../src/routers/haproxy/server-name.ts';

const ADDRESS = { host: '10.0.0.1', port: 8080 };

describe('what is sent to HAProxy', () => {
  test('is these words', () => {
    expect(addServer('api', 's', ADDRESS, ['inter', '1s'])).toEqual([
      'add server api/s 10.0.0.1:8080 weight 0 check inter 1s',
      'enable health api/s',
      'enable server api/s',
    ]);
    expect(addServer('api', 's', { host: '::1', port: 80 }, [])[0]).toBe(
      'add server api/s [::1]:80 weight 0 check',
    );
    expect(setWeight('api', 's', 256)).toBe('set server api/s weight 256');
    expect(setState('api', 's', 'drain')).toBe('set server api/s state drain');
    expect(endSessions('api', 's')).toBe('shutdown sessions server api/s');
    expect(deleteServer('api', 's')).toBe('del server api/s');
    expect(showServers('api')).toBe('show stat api 4 -1; show servers state api');
    expect(serverLine('s', ADDRESS, 9, ['maxconn', '10'])).toBe(
      'server s 10.0.0.1:8080 weight 9 check maxconn 10',
    );
  });

  test('fits into lines', () => {
    const commands = Array.from({ length: 500 }, (_, i) => setWeight('api', 'x'.repeat(100), i % 257));
    const lines = joined(commands);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(8_200);
    expect(lines.flatMap((line) => line.split('; '))).toEqual(commands);
    expect(joined([])).toEqual([]);
  });

  test('has a word of its own for each word, whatever the names are, or is refused', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('a', ';', '\n', '\r', '\\', ' ', '"', "'", '#', '\0', '/', '<') }),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (backend, server, host, word) => {
        const builders: (readonly [() => string, number])[] = [
          [() => addServer(backend, server, ADDRESS, [])[0] ?? '', 7],
          [() => addServer('api', 's', { host, port: 80 }, [])[0] ?? '', 7],
          [() => addServer('api', 's', ADDRESS, [word])[0] ?? '', 8],
          [() => setWeight(backend, server, 1), 5],
          [() => setState(backend, server, 'ready'), 5],
          [() => deleteServer(backend, server), 3],
          [() => endSessions(backend, server), 4],
          [() => showServers(backend), 9],
          [() => serverLine(server, ADDRESS, 1, [word]), 7],
        ];
        for (const [build, words] of builders)
          expect(wordsOf(build)).toSatisfy((count) => count === null || count === words);
      }),
    );
  });

  test('every target and release reaches it as one word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (target, release) => {
        const command = setWeight('api', serverName({ target, release, turn: 1 }), 1);
        expect(command).toMatch(/^set server api\/[A-Za-z0-9_.:-]+ weight 1$/);
      }),
    );
  });

  test.each([-1, 257, 1.5, Number.NaN])('%s is no weight', (weight) => {
    expect(() => setWeight('api', 's', weight)).toThrow(InvalidInputError);
  });
});

/** How many words HAProxy would see, of which a `;` may only be the one of our own; `null` when it is refused. */
function wordsOf(build: () => string): number | null {
  let line: string;
  try {
    line = build();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    return null;
  }
  expect(line.replace(' 4 -1; show servers state ', '')).toMatch(/^[A-Za-z0-9_.:,()/=@*+[\] -]+$/);
  return line.split(' ').length;
}
