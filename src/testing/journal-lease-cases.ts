/** What every journal must do about leases, and about those who write without one. */
import assert from 'node:assert/strict';
import {
  begin,
  type Cases,
  countWinners,
  examplePlan,
  NOW,
  PRODUCTION,
  request,
  STAGING,
  secondHandle,
  seqsOf,
  stepStarted,
  TTL_MS,
} from './journal-fixtures.ts';

export const leaseCases: Cases = {
  'a free lease is taken with epoch 1': async (journal) => {
    assert.equal(await journal.lease(PRODUCTION), null);
    const lease = await journal.acquire(request('ann@one pid 1'));
    assert.deepEqual(lease, {
      ...PRODUCTION,
      holder: 'ann@one pid 1',
      epoch: 1,
      since: NOW,
      expiresAt: NOW + TTL_MS,
      doing: 'deploying 1.0.0',
    });
    assert.deepEqual(await journal.lease(PRODUCTION), lease);
    assert.equal(await journal.lease(STAGING), null);
  },
  'a held lease is refused with who, since when and what': async (journal) => {
    await journal.acquire(request('ann@one pid 1'));
    const late = journal.acquire(request('bob@two pid 2', { now: NOW + TTL_MS - 1 }));
    await assert.rejects(late, {
      code: 'LEASE_HELD',
      message: 'ann@one pid 1 holds api in production since 2026-01-01T00:00:00.000Z: deploying 1.0.0',
      remedy: 'Wait until it has finished, or look at what it does with `sluice status`.',
      holder: 'ann@one pid 1',
      since: NOW,
      doing: 'deploying 1.0.0',
    });
  },
  'its holder acquires it again with the same epoch and since, also when it has expired': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    const more = { ...first, doing: 'rolling back' };
    for (const now of [NOW + 1, NOW + 5 * TTL_MS]) {
      const again = await journal.acquire(request('ann@one pid 1', { now, doing: 'rolling back' }));
      assert.deepEqual(again, { ...more, expiresAt: now + TTL_MS });
      assert.deepEqual(await journal.lease(PRODUCTION), again);
    }
  },
  'an expired lease is shown, until it is taken over with the next epoch': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    assert.deepEqual(await journal.lease(PRODUCTION), first);
    const now = first.expiresAt;
    const second = await journal.acquire(request('bob@two pid 2', { now, doing: 'resuming' }));
    const { epoch, since, holder, doing } = second;
    assert.deepEqual([epoch, since, holder, doing], [2, now, 'bob@two pid 2', 'resuming']);
    assert.deepEqual(await journal.lease(PRODUCTION), second);
  },
  'a lease from before the time of day was set back does not outlast one that is taken now': async (
    journal,
  ) => {
    const { expiresAt } = await journal.acquire(request('ann@one pid 1', { now: NOW + 3_600_000 }));
    assert.equal(expiresAt, NOW + 3_600_000 + TTL_MS);
    await assert.rejects(journal.acquire(request('bob@two pid 2')), { code: 'LEASE_HELD' });
    assert.equal((await journal.lease(PRODUCTION))?.expiresAt, NOW + TTL_MS);
    const late = request('bob@two pid 2', { now: NOW + TTL_MS - 1 });
    await assert.rejects(journal.acquire(late), { code: 'LEASE_HELD' });
    const second = await journal.acquire(request('bob@two pid 2', { now: NOW + TTL_MS }));
    assert.deepEqual([second.holder, second.epoch], ['bob@two pid 2', 2]);
  },
  'the lease of a holder that is known to be gone is taken over before it expires': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    const second = await journal.acquire(request('bob@two pid 2', { now: NOW + 1, gone: first }));
    assert.deepEqual([second.epoch, second.since, second.holder], [2, NOW + 1, 'bob@two pid 2']);
    assert.deepEqual(await journal.lease(PRODUCTION), second);
    await assert.rejects(journal.renew(first, NOW + 2, TTL_MS), { code: 'FENCED' });
  },
  'that one holder is gone takes the lease from nobody else': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    const others = [
      { ...first, holder: 'eve@two pid 3' },
      { ...first, epoch: 2 },
    ];
    for (const gone of others) {
      await assert.rejects(journal.acquire(request('bob@two pid 2', { gone })), { code: 'LEASE_HELD' });
    }
    const second = await journal.acquire(request('bob@two pid 2', { gone: first }));
    await assert.rejects(journal.acquire(request('eve@two pid 3', { gone: first })), { code: 'LEASE_HELD' });
    assert.deepEqual(await journal.lease(PRODUCTION), second);
    // Nor is somebody who is gone in the way of who takes a free one.
    await journal.release(second);
    assert.equal((await journal.acquire(request('eve@two pid 3', { gone: first }))).epoch, 3);
  },
  'renewing moves the expiry, and what is done when that is given': async (journal) => {
    const lease = await journal.acquire(request('ann@one pid 1'));
    const renewed = await journal.renew(lease, NOW + 5, TTL_MS);
    assert.deepEqual(renewed, { ...lease, expiresAt: NOW + 5 + TTL_MS });
    const again = await journal.renew(lease, NOW + 6, 1, 'verifying');
    assert.deepEqual(again, { ...lease, expiresAt: NOW + 7, doing: 'verifying' });
    assert.deepEqual(await journal.lease(PRODUCTION), again);
  },
  'a released lease is free, and its epochs go on': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    await journal.release(first);
    assert.equal(await journal.lease(PRODUCTION), null);
    await journal.release(first);
    assert.equal((await journal.acquire(request('bob@two pid 2'))).epoch, 2);
  },
  'releasing what another has by now does nothing': async (journal) => {
    const first = await journal.acquire(request('ann@one pid 1'));
    const second = await journal.acquire(request('bob@two pid 2', { now: first.expiresAt }));
    await journal.release(first);
    assert.deepEqual(await journal.lease(PRODUCTION), second);
    await journal.release({ ...first, environment: 'staging' });
    assert.equal(await journal.lease(STAGING), null);
  },
  'of acquires at once, exactly one wins': async (journal, opened) => {
    const handles = [journal, await secondHandle(opened)];
    const holders = Array.from({ length: 20 }, (_, n) => `ann@one pid ${n}`);
    const results = await Promise.allSettled(
      holders.map((holder, n) => handles[n % 2]!.acquire(request(holder))),
    );
    assert.deepEqual(countWinners(results), { won: 1, lostWith: ['LEASE_HELD'] });
    const winner = results.find((result) => result.status === 'fulfilled');
    assert.deepEqual(await journal.lease(PRODUCTION), winner?.value);
  },
};

export const fencingCases: Cases = {
  'without a lease nothing is created or appended': async (journal) => {
    const { id, lease } = await begin(journal);
    const forged = { ...lease, environment: 'staging' };
    const plan = examplePlan({ environment: 'staging' });
    await assert.rejects(journal.create(plan, 'ann', NOW, forged), { code: 'FENCED' });
    const otherEpoch = { ...lease, epoch: lease.epoch + 1 };
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], otherEpoch), { code: 'FENCED' });
    const otherHolder = { ...lease, holder: 'eve@two pid 2' };
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], otherHolder), { code: 'FENCED' });
    assert.deepEqual(await seqsOf(journal, id), [1]);
    assert.equal((await journal.list()).length, 1);
  },
  'a lease covers one service in one environment': async (journal) => {
    const { id } = await begin(journal);
    const { lease: staging } = await begin(journal, { environment: 'staging' });
    const { lease: web } = await begin(journal, { service: 'web' });
    for (const lease of [staging, web]) {
      await assert.rejects(journal.append(id, 1, [stepStarted(0)], lease), { code: 'INVALID_INPUT' });
      await assert.rejects(journal.create(examplePlan(), 'ann', NOW, lease), { code: 'INVALID_INPUT' });
    }
  },
  'an expired lease that nobody took over still appends, and can be renewed': async (journal) => {
    const { id, lease } = await begin(journal);
    const late = NOW + 10 * TTL_MS;
    assert.equal(await journal.append(id, 1, [{ ...stepStarted(0), at: late }], lease), 2);
    assert.equal((await journal.renew(lease, late, TTL_MS)).expiresAt, late + TTL_MS);
  },
  'who was taken over is fenced, before its seq is even looked at': async (journal) => {
    const { id, lease } = await begin(journal);
    const taken = await journal.acquire(request('bob@two pid 2', { now: lease.expiresAt }));
    assert.equal(await journal.append(id, 1, [stepStarted(0)], taken), 2);
    await assert.rejects(journal.append(id, 2, [stepStarted(1)], lease), {
      code: 'FENCED',
      message:
        'The lease of ann@one pid 1 (epoch 1) is over: ' +
        'bob@two pid 2 holds api in production since 2026-01-01T00:00:10.000Z: deploying 1.0.0',
      remedy: 'Stop acting on this service; `sluice status` shows who carries on.',
    });
    await assert.rejects(journal.append(id, 1, [stepStarted(1)], lease), { code: 'FENCED' });
    await assert.rejects(journal.append(id, 2, [], lease), { code: 'FENCED' });
    await assert.rejects(journal.create(examplePlan(), 'ann', NOW, lease), { code: 'FENCED' });
    await assert.rejects(journal.renew(lease, NOW, TTL_MS), { code: 'FENCED' });
    assert.deepEqual(await seqsOf(journal, id), [1, 2]);
  },
  'a released lease appends no more, nor can it be renewed': async (journal) => {
    const { id, lease } = await begin(journal);
    await journal.release(lease);
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], lease), {
      code: 'FENCED',
      message: 'The lease of ann@one pid 1 (epoch 1) is over: nobody holds api in production',
    });
    await assert.rejects(journal.renew(lease, NOW, TTL_MS), { code: 'FENCED' });
    const again = await journal.acquire(request(lease.holder));
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], lease), { code: 'FENCED' });
    assert.equal(await journal.append(id, 1, [stepStarted(0)], again), 2);
  },
  'who lost a lease and took it again holds it with the new epoch only': async (journal) => {
    const { id, lease } = await begin(journal);
    const other = await journal.acquire(request('bob@two pid 2', { now: lease.expiresAt }));
    const again = await journal.acquire(request(lease.holder, { now: other.expiresAt }));
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], lease), { code: 'FENCED' });
    await assert.rejects(journal.append(id, 1, [stepStarted(0)], other), { code: 'FENCED' });
    assert.equal(await journal.append(id, 1, [stepStarted(0)], again), 2);
  },
};
