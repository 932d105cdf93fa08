import { expect, test } from 'vitest';
import { countConnections, placeOf } from '../../../src/routers/nginx/connections.ts';

test('addresses as Linux writes them', () => {
  expect(placeOf({ host: '127.0.0.1', port: 8080 })).toBe('0100007F:1F90');
  expect(placeOf({ host: '10.1.2.3', port: 80 })).toBe('0302010A:0050');
  expect(placeOf({ host: '::1', port: 80 })).toBe('00000000000000000000000001000000:0050');
  expect(placeOf({ host: 'fe80::1:2', port: 443 })).toBe('000080FE000000000000000002000100:01BB');
});

test('counts the connections of the users of nginx alone', () => {
  const line = (user: number, place = '0100007F:1F90') =>
    `   7: 0100007F:C0DE ${place} 01 00000000:00000000 00:00000000 00000000  ${user}        0 31415 1 0 20 4 30 10 -1`;
  const counts = countConnections(
    [line(33), line(33), line(0), line(33, '0100007F:1F91'), ''],
    new Set(['33']),
  );
  expect([...counts]).toEqual([
    ['0100007F:1F90', 2],
    ['0100007F:1F91', 1],
  ]);
});
