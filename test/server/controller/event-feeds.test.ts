import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import type { Journal, Lease, StoredEvent } from '../../../src/journal/journal.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { EventFeeds } from '../../../src/server/controller/event-feeds.ts';
import { begin, NOW, stepStarted } from '../../../src/testing/journal-fixtures.ts';

const FINISHED: DeploymentEvent = { type: 'deployment-finished', at: NOW, outcome: 'completed' };

interface Fed {
  readonly feeds: EventFeeds;
  readonly id: string;
  /** Reads of events so far. */
  readonly reads: () => number;
  append(...events: readonly DeploymentEvent[]): Promise<void>;
}

async function fed(): Promise<Fed> {
  const real = new MemoryJournal();
  const { id, lease }: { id: string; lease: Lease } = await begin(real);
  let reads = 0;
  const journal = new Proxy<Journal>(real, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'read') reads += 1;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return {
    feeds: new EventFeeds(journal),
    id,
    reads: () => reads,
    async append(...events) {
      await real.append(id, (await real.summary(id)).seq, events, lease);
    },
  };
}

function steps(count: number): DeploymentEvent[] {
  return Array.from({ length: count }, (_, index) => stepStarted(index));
}

/** The next `count` events. */
async function take(
  follower: AsyncIterator<readonly StoredEvent[], void>,
  count: number,
): Promise<readonly number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const { value } = await follower.next();
    if (value === undefined) return seqs;
    seqs.push(...value.map(({ seq }) => seq));
  }
  return seqs;
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('following a deployment', () => {
  const never = new AbortController().signal;
  setMaxListeners(0, never);

  test('begins after any event, goes on as they come, and ends with the last one', async () => {
    const { feeds, id, append } = await fed();
    await append(...steps(3));
    const [all, some] = [feeds.follow(id, 0, never), feeds.follow(id, 3, never)];
    expect(await take(all, 4)).toEqual([1, 2, 3, 4]);
    expect(await take(some, 1)).toEqual([4]);
    const next = take(some, 2);
    await append(stepStarted(4), FINISHED);
    expect(await next).toEqual([5, 6]);
    expect(await take(all, 2)).toEqual([5, 6]);
    for (const one of [all, some, feeds.follow(id, 6, never), feeds.follow(id, 99, never)]) {
      expect(await one.next()).toEqual({ done: true, value: undefined });
    }
  });

  test('costs one read however many follow, who get the very same events', async () => {
    const { feeds, id, append, reads } = await fed();
    const followers = Array.from({ length: 1_000 }, () => feeds.follow(id, 0, never));
    await Promise.all(followers.map((one) => one.next()));
    expect(reads()).toBe(1);
    const next = Promise.all(followers.map((one) => one.next()));
    await append(stepStarted(0), stepStarted(1));
    const batches = new Set((await next).map(({ value }) => value));
    expect(reads()).toBe(2);
    expect(batches.size).toBe(1);
    await Promise.all(followers.map((one) => one.return()));
  });

  test('a slow follower misses nothing, and reads what is not kept any more from the journal', async () => {
    const { feeds, id, append, reads } = await fed();
    const [slow, quick] = [feeds.follow(id, 0, never), feeds.follow(id, 0, never)];
    expect(await take(slow, 1)).toEqual([1]);
    for (let group = 0; group < 30; group += 1) {
      await append(...steps(100));
      if (group === 0) expect(await take(quick, 101)).toEqual(upTo(101));
      else expect(await take(quick, 100)).toEqual(upTo(101 + group * 100, 2 + group * 100));
    }
    const before = reads();
    expect(await take(slow, 3_000)).toEqual(upTo(3_001, 2));
    expect(reads() - before).toBe(4);
    await Promise.all([slow.return(), quick.return()]);
  });

  test('ends when nobody wants it any more; what does not exist is said', async () => {
    const { feeds, id } = await fed();
    const ending = new AbortController();
    const follower = feeds.follow(id, 1, ending.signal);
    const next = follower.next();
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await expect(feeds.follow('api-9', 0, never).next()).rejects.toMatchObject({
      code: 'DEPLOYMENT_NOT_FOUND',
    });
  });

  test('that cannot be read any more fails for all who follow, and begins anew after that', async () => {
    const journal = new MemoryJournal();
    const { id, lease } = await begin(journal);
    const feeds = new EventFeeds(journal);
    const followers = [feeds.follow(id, 1, never), feeds.follow(id, 1, never)];
    const next = Promise.allSettled(followers.map((one) => one.next()));
    const { read } = journal;
    await Promise.resolve();
    journal.read = () => Promise.reject(new Error('the disk is gone'));
    await journal.append(id, 1, [stepStarted(0)], lease);
    expect((await next).map((one) => one.status === 'rejected' && String(one.reason))).toEqual(
      Array.from({ length: 2 }, () => 'Error: the disk is gone'),
    );
    journal.read = read;
    expect(await take(feeds.follow(id, 0, never), 2)).toEqual([1, 2]);
  });
});
