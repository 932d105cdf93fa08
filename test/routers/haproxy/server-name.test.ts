import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readServerName, serverName } from '../../../src/routers/haproxy/server-name.ts';

const key = fc.record({
  target: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
  release: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
  turn: fc.integer({ min: 1, max: 1_000_000 }),
});

test('a name can be read by people', () => {
  const release = '2.0.0-3f2a9c41d07b';
  expect(serverName({ target: 'web-1', release, turn: 1 })).toBe('sluice:web-1:2.0.0-3f2a9c41d07b');
  expect(serverName({ target: 'web-1', release, turn: 2 })).toBe('sluice:web-1:2.0.0-3f2a9c41d07b:2');
  expect(serverName({ target: 'köln 1', release, turn: 1 })).toBe('sluice:k_c3_b6ln_201:2.0.0-3f2a9c41d07b');
});

test('every target and release comes back, and HAProxy allows every name', () => {
  fc.assert(
    fc.property(key, (each) => {
      const name = serverName(each);
      expect(name).toMatch(/^[A-Za-z0-9_.:-]+$/);
      expect(readServerName(name)).toEqual(each);
    }),
  );
});

test.each([
  'web1',
  'sluice',
  'sluice:a',
  'other:a:b',
  'sluice:a:b:1',
  'sluice:a:b:02',
  'sluice:a:b:x',
  'sluice:a:b:2:3',
  'sluice:_41:b',
  'sluice:_zz:b',
])('%s is not one of ours', (name) => {
  expect(readServerName(name)).toBeNull();
});
