import { describe, expect, test } from 'vitest';
import { Fence, formatStamp, parseStamp } from '../../src/supervisor/fence.ts';

describe('the fence', () => {
  test('lets through the same lease again, and a later one', () => {
    const fence = new Fence();
    for (const epoch of [3, 3, 4, 9]) fence.assertCurrent('api', { epoch, since: 1_000 + epoch });
  });

  test('keeps out one that is over, of the same service only', () => {
    const fence = new Fence();
    fence.assertCurrent('api', { epoch: 4, since: 2_000 });
    const over = { epoch: 3, since: 1_000 };
    expect(() => fence.assertCurrent('api', over)).toThrow(
      'the lease (epoch 3) is over: another controller works on api (epoch 4)',
    );
    fence.assertCurrent('web', over);
    // Having been refused changes nothing.
    fence.assertCurrent('api', { epoch: 4, since: 2_000 });
  });

  test('lets through the first lease of a new journal, whose epochs begin anew', () => {
    const fence = new Fence();
    fence.assertCurrent('api', { epoch: 40, since: 2_000 });
    fence.assertCurrent('api', { epoch: 1, since: 3_000 });
    fence.assertCurrent('api', { epoch: 2, since: 3_500 });
  });

  test('a stamp is read back as it was written, and nothing else is a stamp', () => {
    const stamp = { epoch: 7, since: 1_760_000_000_000.25 };
    expect(parseStamp(formatStamp(stamp))).toEqual(stamp);
    for (const text of ['', '7', '7 ', 'x 1', '7 1 1', '-7 1', '7 1e9']) expect(parseStamp(text)).toBeNull();
  });
});
