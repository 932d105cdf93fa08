import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperationError } from '../../../src/errors.ts';
import { type Pool, readBlock, writeBlock } from '../../../src/routers/haproxy/config-block.ts';

const EMPTY = `global
    maxconn 1000

backend api
    balance roundrobin
    # sluice begin api
    # sluice end api

backend other
    server mine 10.0.0.9:80
    # sluice begin other
    # sluice end other
`;

const POOL: Pool = {
  members: [
    { target: 'web-1', release: '1.0.0-a', turn: 1, address: { host: '10.0.0.1', port: 8080 } },
    { target: 'web-2', release: '2.0.0-b', turn: 2, address: { host: '::1', port: 8080 } },
  ],
  split: { release: '2.0.0-b', percent: 10 },
};

describe('the block in the config', () => {
  test('holds the pool, and nothing else of the file is changed', () => {
    const text = writeBlock(EMPTY, 'api', POOL, ['inter', '1s']);
    expect(text).toBe(
      EMPTY.replace(
        '    # sluice end api',
        `    # split {"release":"2.0.0-b","percent":10}
    server sluice:web-1:1.0.0-a 10.0.0.1:8080 weight 9 check inter 1s
    server sluice:web-2:2.0.0-b:2 [::1]:8080 weight 1 check inter 1s
    # sluice end api`,
      ),
    );
    expect(readBlock(text, 'api')).toEqual(POOL);
    expect(readBlock(text, 'other')).toEqual({ members: [], split: null });
    expect(writeBlock(text, 'api', { members: [], split: null }, [])).toBe(EMPTY);
  });

  test('gives back what was put in, whatever the names are, and adds no line but ours', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const member = fc.record({
      target: name,
      release: name,
      turn: fc.integer({ min: 1, max: 9 }),
      address: fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) }),
    });
    const members = fc.uniqueArray(member, {
      maxLength: 5,
      selector: (each) => `${each.target}\n${each.release}`,
    });
    const split = fc.option(fc.record({ release: fc.string({ unit: 'binary' }), percent: fc.nat(100) }));
    fc.assert(
      fc.property(members, split, (some, wanted) => {
        const text = writeBlock(EMPTY, 'api', { members: some, split: wanted }, ['inter', '1s']);
        const read = readBlock(text, 'api');
        expect(read.split).toEqual(wanted);
        expect(new Set(read.members)).toEqual(new Set(some));
        const ours = text.split('\n').length - EMPTY.split('\n').length;
        expect(ours).toBe(some.length + (wanted === null ? 0 : 1));
      }),
    );
  });

  test.each([
    ['backend api\n  balance roundrobin\n', 'has no place for the servers of backend api'],
    [
      'backend api\n# sluice begin api\n',
      'does not have "# sluice begin api" and "# sluice end api" once each',
    ],
    ['backend api\n# sluice end api\n# sluice begin api\n', 'does not have'],
    ['backend api\n# sluice begin api\n# sluice end api\n# sluice begin api\n', 'does not have'],
    ['backend api\n\nbackend b\n# sluice begin api\n# sluice end api\n', 'outside of its section'],
    ['backend api\n# sluice begin api\nfrontend f\n# sluice end api\n', 'outside of its section'],
    ['# sluice begin api\n# sluice end api\n', 'outside of its section'],
  ])('is refused in %j', (text, message) => {
    expect(() => readBlock(text, 'api')).toThrow(OperationError);
    expect(() => readBlock(text, 'api')).toThrow(message);
    expect(() => writeBlock(text, 'api', POOL, [])).toThrow(message);
  });

  test('says which split was edited into something else', () => {
    const text = EMPTY.replace('# sluice end api', '# split half\n    # sluice end api');
    expect(() => readBlock(text, 'api')).toThrow(
      'The split of backend api in the config of HAProxy cannot be read: half',
    );
  });
});
