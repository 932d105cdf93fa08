/** Whatever is asked of them, in whatever order: the journals answer alike, to the word. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Journal, Lease, LeaseKey } from '../../src/journal/journal.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { examplePlan, stepStarted } from '../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** `lease` is one that was acquired before, counted from the last. */
const anyCall = fc.oneof(
  fc.record({
    call: fc.constant('acquire'),
    holder: fc.constantFrom('ann', 'bob', 'eve'),
    doing: fc.constantFrom('deploying', 'resuming'),
    now: fc.nat(30),
    ttlMs: fc.nat(10),
  }),
  fc.record({
    call: fc.constant('renew'),
    lease: fc.nat(3),
    now: fc.nat(30),
    ttlMs: fc.nat(10),
    doing: fc.constantFrom(undefined, 'verifying'),
  }),
  fc.record({ call: fc.constant('release'), lease: fc.nat(3) }),
  fc.record({ call: fc.constant('create'), lease: fc.nat(3) }),
  fc.record({ call: fc.constant('append'), lease: fc.nat(3), expectedSeq: fc.nat(4), events: fc.nat(2) }),
);

type Call = typeof anyCall extends fc.Arbitrary<infer T> ? T : never;

function refusalOf(error: unknown): unknown {
  const { code, message } = error as Error & { code?: string };
  return { code, message };
}

/** The answers to all calls: values, or the code and message of the error. */
async function answersOf(journal: Journal, key: LeaseKey, calls: readonly Call[]): Promise<unknown[]> {
  const leases: Lease[] = [{ ...key, holder: 'nobody', epoch: 0, since: 0, expiresAt: 0, doing: '' }];
  const ids: string[] = ['api-0'];
  const leaseOf = (back: number) => leases[Math.max(0, leases.length - 1 - back)]!;
  const answer = async (call: Call): Promise<unknown> => {
    switch (call.call) {
      case 'acquire':
        leases.push(await journal.acquire({ ...call, ...key }));
        return leases.at(-1);
      case 'renew':
        return await journal.renew(leaseOf(call.lease), call.now, call.ttlMs, call.doing);
      case 'release':
        return await journal.release(leaseOf(call.lease));
      case 'create':
        ids.push(await journal.create(examplePlan(key), 'ann', 0, leaseOf(call.lease)));
        return ids.at(-1);
      case 'append': {
        const events = Array.from({ length: call.events }, (_, n) => stepStarted(n));
        return await journal.append(ids.at(-1)!, call.expectedSeq, events, leaseOf(call.lease));
      }
    }
  };
  const answers: unknown[] = [];
  for (const call of calls) {
    const answered = await answer(call).catch(refusalOf);
    answers.push(answered, await journal.lease(key));
  }
  return [...answers, await journal.list(key), await journal.read(ids.at(-1)!).catch(refusalOf)];
}

test('the journals answer alike', async () => {
  await using folder = await temporaryFolder();
  await using sqlite = await SqliteJournal.open({ file: `${folder.path}/journal.db` });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyCall, { maxLength: 25 }), async (calls) => {
      run += 1;
      const key = { service: `api-${run}`, environment: 'production' };
      const expected = await answersOf(new MemoryJournal(), key, calls);
      expect(await answersOf(sqlite, key, calls)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
