import { describe, expect, test } from 'vitest';
import { LEASE_TTL_MS, LeaseKeeper } from '../../src/engine/lease-keeper.ts';
import { OperationHandle } from '../../src/engine/operation-handle.ts';
import { FencedError } from '../../src/errors.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { VirtualClock } from '../../src/testing/simulation/virtual-clock.ts';

const KEY = { service: 'api', environment: 'production' };
const ANN = { ...KEY, holder: 'ann@one pid 1', doing: 'deploying 1.0.0' };
const BOB = { ...KEY, holder: 'bob@one pid 2', doing: 'resuming', ttlMs: LEASE_TTL_MS };
const NOON = 1_000_000;

async function taken() {
  const clock = new VirtualClock(NOON);
  const journal = new MemoryJournal();
  const keeper = await LeaseKeeper.take(journal, clock, ANN);
  const intent = { target: 0, operation: 'admit', side: 'new', attempt: 1 } as const;
  const handle = new OperationHandle(intent, clock, NOON + 60_000, keeper);
  return { clock, journal, keeper, handle };
}

describe('a lease is held', () => {
  test('for as long as it is renewed', async () => {
    const { clock, journal, keeper } = await taken();
    await clock.advance(10 * LEASE_TTL_MS);
    expect(keeper.isHeld).toBe(true);
    keeper.stop();
    await clock.advance(LEASE_TTL_MS);
    expect(keeper.isHeld).toBe(false);
    expect((await journal.acquire({ ...BOB, now: clock.now() })).epoch).toBe(2);
  });

  test('no more once the time of day says that it is over: others go by that', async () => {
    const { clock, keeper } = await taken();
    clock.jump(LEASE_TTL_MS);
    expect(keeper.isHeld).toBe(false);
    await keeper.renew();
    expect(keeper.isHeld).toBe(true);
  });

  test('no longer than it lives because somebody set the time of day back', async () => {
    const { clock, keeper } = await taken();
    keeper.stop();
    clock.jump(-3_600_000);
    await clock.advance(LEASE_TTL_MS - 1);
    expect(keeper.isHeld).toBe(true);
    await clock.advance(1);
    expect(keeper.isHeld).toBe(false);
  });
});

describe('what is about to be done after the machine slept', () => {
  test('is done when nobody else took over: the lease is renewed first', async () => {
    const { clock, journal, handle } = await taken();
    clock.jump(3_600_000);
    await handle.assertWanted();
    expect((await journal.lease(KEY))?.expiresAt).toBe(clock.now() + LEASE_TTL_MS);
  });

  test('is not done when somebody did, and the keeper says so', async () => {
    const { clock, journal, keeper, handle } = await taken();
    clock.jump(3_600_000);
    await journal.acquire({ ...BOB, now: clock.now() });
    await expect(handle.assertWanted()).rejects.toThrow('the lease ran out before it could be done');
    let lost: unknown = null;
    keeper.onLost((reason) => {
      lost = reason;
    });
    expect(lost).toBeInstanceOf(FencedError);
    expect(keeper.isHeld).toBe(false);
  });
});
