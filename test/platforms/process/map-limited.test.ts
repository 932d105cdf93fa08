import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapLimited } from '../../../src/platforms/process/map-limited.ts';

test('results come in the order of the items, with so many at work at a time', async () => {
  let atWork = 0;
  let most = 0;
  const results = await mapLimited([5, 1, 3, 2, 4], 2, undefined, async (item) => {
    atWork += 1;
    most = Math.max(most, atWork);
    await setTimeout(item);
    atWork -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

test('after a failure nothing is begun, and nothing is left at work', async () => {
  const begun: number[] = [];
  let ended = 0;
  const mapping = mapLimited([1, 2, 3, 4], 2, undefined, async (item) => {
    begun.push(item);
    await setTimeout(item === 1 ? 1 : 10);
    ended += 1;
    if (item === 1) throw new Error('one');
  });
  await expect(mapping).rejects.toThrow('one');
  expect([begun, ended]).toEqual([[1, 2], 2]);
});

test('the signal ends it', async () => {
  const abort = new AbortController();
  const begun: number[] = [];
  const mapping = mapLimited([1, 2, 3], 1, abort.signal, async (item) => {
    begun.push(item);
    abort.abort(new Error('enough'));
  });
  await expect(mapping).rejects.toThrow('enough');
  expect(begun).toEqual([1]);
});

test('nothing is made of nothing', async () => {
  expect(await mapLimited([], 4, undefined, async () => 1)).toEqual([]);
});
