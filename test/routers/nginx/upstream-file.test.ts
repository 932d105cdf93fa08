import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directivesOf, readUpstream, writeUpstream } from '../../../src/routers/nginx/upstream-file.ts';
import type { Pool } from '../../../src/routers/pool.ts';

const OLD = '1.0.0-000000000001';
const NEW = '2.0.0-000000000002';
const member = (target: string, release: string, port: number) => ({
  target,
  release,
  address: { host: '10.0.0.1', port },
});

const POOL: Pool = {
  members: [member('a', OLD, 8081), member('b', OLD, 8082), member('x', NEW, 8091)],
  leaving: [{ ...member('z', OLD, 8089), address: { host: '::1', port: 8089 } }],
  split: { release: NEW, percent: 10 },
};

describe('the file of an upstream', () => {
  test('says who is in the pool, and what nginx makes of that', () => {
    expect(
      writeUpstream('api', POOL, ['max_fails=3']),
    ).toBe(`# Written by Sluice at each change: what is written here by hand is lost.
# split {"release":"2.0.0-000000000002","percent":10}
upstream api {
    zone sluice_api 259k;
    server 10.0.0.1:8081 weight=9 max_fails=3; # {"target":"a","release":"1.0.0-000000000001","address":{"host":"10.0.0.1","port":8081}}
    server 10.0.0.1:8082 weight=9 max_fails=3; # {"target":"b","release":"1.0.0-000000000001","address":{"host":"10.0.0.1","port":8082}}
    server 10.0.0.1:8091 weight=2 max_fails=3; # {"target":"x","release":"2.0.0-000000000002","address":{"host":"10.0.0.1","port":8091}}
    # leaving {"target":"z","release":"1.0.0-000000000001","address":{"host":"::1","port":8089}}
}
`);
  });

  test('has a server that is never asked where nobody is, and those without a share are down', () => {
    expect(directivesOf(writeUpstream('api', { members: [], leaving: [], split: null }, []))).toBe(
      'upstream api {\nzone sluice_api 256k;\nserver 127.0.0.1:9 down;\n}',
    );
    const none = writeUpstream('api', { ...POOL, split: { release: NEW, percent: 0 } }, []);
    expect(directivesOf(none)).toContain('server 10.0.0.1:8091 down;');
  });

  test('reads back what it wrote, whatever the names are, and no name becomes a directive', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    const backend = fc.record({
      target: name,
      release: name,
      address: fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 1, max: 65_535 }) }),
    });
    const pool = fc.record({
      members: fc.array(backend, { maxLength: 5 }),
      leaving: fc.array(backend, { maxLength: 3 }),
      split: fc.option(fc.record({ release: name, percent: fc.integer({ min: 0, max: 100 }) })),
    });
    fc.assert(
      fc.property(pool, (given) => {
        const text = writeUpstream('api', given, []);
        expect(readUpstream(text, 'file')).toEqual(given);
        const lines = directivesOf(text).split('\n');
        expect(lines.slice(0, 2)).toEqual([
          'upstream api {',
          `zone sluice_api ${256 + given.members.length}k;`,
        ]);
        expect(lines.at(-1)).toBe('}');
        expect(lines).toHaveLength(3 + Math.max(1, given.members.length));
        for (const line of lines.slice(2, -1))
          expect(line).toMatch(/^server [0-9a-fA-F.:[\]]+ (?:weight=\d+|down);$/);
      }),
    );
  });

  test('refuses what was not written by Sluice, or was edited since', () => {
    expect(() => readUpstream('upstream api {}\n', '/f')).toThrow('/f was not written by Sluice');
    const text = writeUpstream('api', POOL, []);
    expect(() => readUpstream(text.replace('"port":8081', '"port":"x"'), '/f')).toThrow(
      'What Sluice wrote in /f cannot be read',
    );
    expect(() => readUpstream(text.replace('"percent":10}', '"percent":'), '/f')).toThrow('cannot be read');
  });

  test('takes no names that do not fit into a line of nginx', () => {
    const long = { ...member('a', OLD, 1), release: 'ü'.repeat(2_000) };
    expect(() => writeUpstream('api', { ...POOL, members: [long] }, [])).toThrow(
      'is too long for a line of nginx',
    );
  });
});
