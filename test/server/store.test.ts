/** What the server keeps for itself: no secrets, in a file that nobody else can read. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServerStore } from '../../src/server/store/server-store.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const VIEWER = { name: 'ann', grants: [{ environment: '*', role: 'viewer' }], by: 'test' } as const;

let folder: TemporaryFolder;
let file: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, '.sluice', 'server.db');
});

afterEach(() => folder[Symbol.asyncDispose]());

test('neither tokens nor sessions can be read from the file, and nobody else can read it at all', async () => {
  using store = await ServerStore.open({ file });
  const { secret, token } = store.tokens.make(VIEWER);
  expect(secret).toMatch(/^slu_[0-9a-f]{12}_[\w-]{43}$/);
  const { cookie } = store.sessions.begin(token.id);
  expect(store.tokens.verify(secret)).toEqual({ name: 'ann', token: token.id, grants: VIEWER.grants });
  const kept = [file, `${file}-wal`].map((one) => readFileSync(one, 'latin1')).join('');
  expect(kept).toContain('ann');
  expect(kept).not.toContain(secret.slice(-43));
  expect(kept).not.toContain(cookie);
  for (const one of [file, `${file}-wal`]) expect(statSync(one).mode & 0o777).toBe(0o600);
});

test('a token is good until it expires or is revoked, and only as a whole', async () => {
  let now = 1_000;
  using store = await ServerStore.open({ file, now: () => now });
  const { secret, token } = store.tokens.make({ ...VIEWER, expiresAt: 5_000 });
  const other = store.tokens.make({ ...VIEWER, expiresAt: null });
  expect(store.tokens.verify(`slu_${token.id}_${other.secret.slice(-43)}`)).toBeNull();
  expect(store.tokens.verify(secret.slice(0, -1))).toBeNull();
  expect(store.tokens.verify('')).toBeNull();
  expect(store.tokens.countGood()).toBe(2);
  now = 5_000;
  expect([store.tokens.verify(secret), store.tokens.countGood()]).toEqual([null, 1]);
  store.tokens.revoke(other.token.id, 'bob');
  expect([store.tokens.verify(other.secret), store.tokens.countGood()]).toEqual([null, 0]);
  expect(store.tokens.find(other.token.id)).toMatchObject({ revokedAt: 5_000, revokedBy: 'bob' });
  expect(() => store.tokens.make({ ...VIEWER, expiresAt: 5_000 })).toThrow('would have expired already');
});

test('it is good for a year unless something else is said, and its last use is known to the minute', async () => {
  let now = 1_000;
  using store = await ServerStore.open({ file, now: () => now });
  const { secret, token } = store.tokens.make(VIEWER);
  expect(token).toMatchObject({ expiresAt: 1_000 + 365 * 86_400_000, lastUsedAt: null });
  const uses: (number | null | undefined)[] = [];
  for (const at of [2_000, 61_999, 62_000]) {
    now = at;
    store.tokens.verify(secret);
    uses.push(store.tokens.find(token.id)?.lastUsedAt);
  }
  expect(uses).toEqual([2_000, 2_000, 62_000]);
});

test('two processes share the file, and it is still there for the next one', async () => {
  const first = await ServerStore.open({ file });
  using second = await ServerStore.open({ file });
  const { secret, token } = first.tokens.make(VIEWER);
  const { cookie } = first.sessions.begin(token.id);
  expect(second.tokens.verify(secret)?.name).toBe('ann');
  expect(second.identity).toBe(first.identity);
  first[Symbol.dispose]();
  using third = await ServerStore.open({ file });
  expect(third.sessions.find(cookie)).toMatchObject({ token: token.id });
  third.tokens.revoke(token.id, 'bob');
  expect(second.sessions.find(cookie)).toBeNull();
});

test('a file of something else is refused, and left as it is', async () => {
  (await ServerStore.open({ file }))[Symbol.dispose]();
  const other = join(folder.path, 'other.db');
  writeFileSync(other, 'this is no database at all, but a text that is long enough to be taken for one');
  await expect(ServerStore.open({ file: other })).rejects.toMatchObject({ code: 'JOURNAL' });
  expect(readFileSync(other, 'utf8')).toMatch(/^this is no database/);
});
