import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/config/problem.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { validate } from '../../src/config/validate.ts';
import { ConfigError } from '../../src/errors.ts';

const FULL = `version: 1
services:
  api: &api
    command: [node, server.js]
    env: { NODE_ENV: "production", N: 1 }
    secrets: [TOKEN]
    hosts: [api.test]
    strategy:
      type: canary
      stages: [10, { percent: 50, bake: 1m, gate: "ok?" }, 100]
    checks:
      - { type: http, path: /healthz, timeout: 2s, expectStatus: [200, 300-399] }
      - { type: disk, minFreePercent: 5, name: d }
    hooks: { before: [{ name: migrate, command: ./migrate }] }
    policy: { maxFailures: 10%, minAvailable: 1 }
    router: { stickyCookie: false, drainTimeout: 1m }
  web:
    <<: *api
    port: 8081
environments:
  staging: { services: { api: { instances: 1, strategy: allAtOnce } } }
  production: {}
defaultEnvironment: staging
`;

/** Reads a text as a file would be; true when it is a config, false when it is refused as it should be. */
function load(text: string): boolean {
  try {
    const source = readYaml(text, 'f.yaml');
    const { config, problems } = validate(source.value);
    expect(config === null).toBe(problems.length > 0);
    for (const { path, at, message } of [...source.problems, ...problems]) {
      expect(message).not.toBe('');
      expectWithin(text, source.locate(path, at));
    }
    return config !== null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      const [, line, column] = /^f\.yaml:(\d+):(\d+): /.exec(problem) ?? [];
      expectWithin(text, { line: Number(line), column: Number(column) });
    }
    return false;
  }
}

function expectWithin(text: string, position: Position | null): void {
  const line = text.split('\n')[(position?.line ?? 0) - 1];
  expect(line).toBeDefined();
  expect(position?.column).toBeGreaterThanOrEqual(1);
  expect(position?.column).toBeLessThanOrEqual((line ?? '').length + 1);
}

const leaf = fc.oneof(
  fc.constantFrom<unknown>('canary', 'rolling', 'http', 'node x', '10%', '5s', 10, 0, -1, null, true, ''),
  fc.string(),
  fc.double(),
);
const key = fc.oneof(
  fc.constantFrom(
    'services',
    'environments',
    'command',
    'strategy',
    'type',
    'constructor',
    '__proto__',
    '<<',
  ),
  fc.string(),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Every place in plain data. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([name, inner]) => pathsIn(inner).map((path) => [name, ...path])),
  ];
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((entry, index) => (String(index) === first ? replaced(entry, rest, by) : entry));
  const entries = Object.entries(value as object);
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, name === first ? replaced(inner, rest, by) : inner]),
  );
}

describe('any text is a config, or is refused with places in the text', () => {
  test('a config without any one of its pieces, or with another in its place', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        '\n',
        '\t',
        '[',
        '}',
        ': ',
        '- ',
        '&a ',
        '*api',
        '"',
        "'",
        '|',
        '? ',
        '---\n',
        '#',
        '!t ',
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.nat(FULL.length), fc.nat(20), piece, (start, length, middle) => {
        load(FULL.slice(0, start) + middle + FULL.slice(start + length));
      }),
      { numRuns: 60 },
    );
  });

  test('every beginning of a config', () => {
    for (let length = 0; length < FULL.length; length += 13) load(FULL.slice(0, length));
    expect(load(FULL)).toBe(true);
  });

  test('a config with another value at any of its places', () => {
    const config = readYaml(FULL, 'f').value;
    fc.assert(
      fc.property(fc.constantFrom(...pathsIn(config)), json, (path, value) => {
        load(JSON.stringify(replaced(config, path, value), null, 1));
      }),
      { numRuns: 80 },
    );
  });

  test('noise', () => {
    const pieces = [
      '- ',
      '? ',
      ': ',
      'a',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a ',
      '*a',
      '"',
      "'",
      '|\n',
      '>-\n',
    ];
    const rare = [
      '!t ',
      '# ',
      '%YAML 1.2\n',
      '---\n',
      '...\n',
      '\t',
      '<<',
      '\r',
      '\u{1f600}',
      '@',
      '\u2028',
      '\u0000',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces, ...rare)), (noise) => {
        load(noise.join(''));
      }),
      { numRuns: 300 },
    );
  });
});
