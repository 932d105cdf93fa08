import { expect, test } from 'vitest';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { pageOf } from '../../../src/server/controller/pages.ts';
import { begin } from '../../../src/testing/journal-fixtures.ts';

test('pages go on where the one before ended, also when something comes meanwhile', async () => {
  const journal = new MemoryJournal();
  for (let at = 0; at < 5; at += 1) await begin(journal);
  const first = await pageOf(journal, { limit: 2 }, undefined);
  expect(first.items.map(({ id }) => id)).toEqual(['api-5', 'api-4']);
  await begin(journal);
  const second = await pageOf(journal, { limit: 2 }, first.cursor ?? '');
  expect(second.items.map(({ id }) => id)).toEqual(['api-3', 'api-2']);
  const third = await pageOf(journal, { limit: 2 }, second.cursor ?? '');
  expect([third.items.map(({ id }) => id), third.cursor]).toEqual([['api-1'], null]);
  expect((await pageOf(journal, { limit: 6 }, undefined)).cursor).toBeNull();
  expect((await pageOf(journal, {}, undefined)).items.length).toBe(6);
});

test.each([
  '',
  'x',
  '!!!',
  Buffer.from('1/').toString('base64url'),
  Buffer.from('a/api-1').toString('base64url'),
])('%j is no cursor', async (cursor) => {
  await expect(pageOf(new MemoryJournal(), {}, cursor)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
