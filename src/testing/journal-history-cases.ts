/** The cases of the journals' conformance about asking for what was, and taking out what is not needed any more. */
import assert from 'node:assert/strict';
import type { DeploymentOutcome } from '../domain/event.ts';
import type { Journal, ListFilter } from '../journal/journal.ts';
import {
  begin,
  type Cases,
  examplePlan,
  NOW,
  PRODUCTION,
  request,
  STAGING,
  secondHandle,
  seqsOf,
  stepStarted,
} from './journal-fixtures.ts';

interface Made {
  readonly version?: string;
  readonly by?: string;
  readonly at?: number;
  /** `null` for one that has not ended. */
  readonly outcome?: DeploymentOutcome | null;
  readonly environment?: string;
}

/** A deployment as it is told; resolves with its id. */
async function make(journal: Journal, made: Made): Promise<string> {
  const { version = '1.0.0', by = 'ann@one', at = NOW, outcome = 'completed' } = made;
  const place = { ...PRODUCTION, environment: made.environment ?? PRODUCTION.environment };
  const lease = await journal.acquire(request('ann@one pid 1', place));
  const release = { ...examplePlan().release, version, id: `${version}-0123456789ab` };
  const id = await journal.create(examplePlan({ ...place, release }), by, at, lease);
  if (outcome !== null) {
    await journal.append(id, 1, [{ type: 'deployment-finished', at: at + 1, outcome }], lease);
  }
  return id;
}

async function idsOf(journal: Journal, filter?: ListFilter): Promise<string[]> {
  return (await journal.list(filter)).map(({ id }) => id);
}

export const historyCases: Cases = {
  'a list is filtered by outcome, version, release, person and time': async (journal) => {
    await make(journal, { at: NOW });
    await make(journal, { at: NOW + 1_000, version: '1.1.0', outcome: 'rolled-back', by: 'bob' });
    await make(journal, { at: NOW + 2_000, version: '1.1.0', by: 'ann@two' });
    await make(journal, { at: NOW + 3_000, outcome: 'failed', by: 'anna@one' });
    await make(journal, { at: NOW + 4_000, version: '1.1', outcome: null, by: "o'hara@x" });
    const ids = (filter: ListFilter) => idsOf(journal, filter);
    assert.deepEqual(await ids({ outcome: 'completed' }), ['api-3', 'api-1']);
    assert.deepEqual(await ids({ outcome: 'completed', limit: 1 }), ['api-3']);
    assert.deepEqual(await ids({ outcome: 'aborted' }), []);
    assert.deepEqual(await ids({ version: '1.1.0' }), ['api-3', 'api-2']);
    assert.deepEqual(await ids({ version: '1.1' }), ['api-5']);
    assert.deepEqual(await ids({ release: '1.1.0-0123456789ab' }), ['api-3', 'api-2']);
    assert.deepEqual(await ids({ release: '1.1.0' }), []);
    assert.deepEqual(await ids({ by: 'ann' }), ['api-3', 'api-1']);
    assert.deepEqual(await ids({ by: 'ann@one' }), ['api-1']);
    assert.deepEqual(await ids({ by: "o'hara" }), ['api-5']);
    assert.deepEqual(await ids({ by: '%' }), []);
    assert.deepEqual(await ids({ since: NOW + 2_000 }), ['api-5', 'api-4', 'api-3']);
    assert.deepEqual(await ids({ until: NOW + 2_000 }), ['api-2', 'api-1']);
    assert.deepEqual(await ids({ since: NOW + 1_000, until: NOW + 3_000, version: '1.1.0', by: 'bob' }), [
      'api-2',
    ]);
    assert.deepEqual(await ids({ ...PRODUCTION, outcome: 'completed', since: NOW + 1 }), ['api-3']);
    assert.deepEqual(await ids({ ended: false, outcome: 'completed' }), []);
  },
  'a list goes on behind a deployment, also behind one that is gone': async (journal) => {
    for (const at of [NOW, NOW + 1_000, NOW + 1_000, NOW + 2_000]) await make(journal, { at });
    const staging = await make(journal, { at: NOW + 3_000, environment: STAGING.environment });
    const behind = (id: string, createdAt: number, filter: ListFilter = {}) =>
      idsOf(journal, { ...filter, before: { id, createdAt } });
    assert.deepEqual(await behind(staging, NOW + 3_000), ['api-4', 'api-3', 'api-2', 'api-1']);
    assert.deepEqual(await behind('api-4', NOW + 2_000, { limit: 2 }), ['api-3', 'api-2']);
    assert.deepEqual(await behind('api-3', NOW + 1_000), ['api-2', 'api-1']);
    assert.deepEqual(await behind('api-1', NOW), []);
    // What it was created at only counts where it is not there.
    assert.deepEqual(await behind('api-2', NOW + 9_000, PRODUCTION), ['api-1']);
    const lease = await journal.acquire(request('ann@one pid 1'));
    await journal.remove({ deployments: ['api-4'], plans: [] }, lease);
    assert.deepEqual(await behind('api-4', NOW + 2_000), ['api-3', 'api-2', 'api-1']);
    await journal.sweep();
    assert.deepEqual(await behind('api-4', NOW + 2_000), ['api-3', 'api-2', 'api-1']);
    assert.deepEqual(await behind('web-1', NOW - 1), []);
  },
  'whoever watches hears of what is committed here and through another handle, until they end it': async (
    journal,
    opened,
  ) => {
    const other = await secondHandle(opened);
    const { id, lease } = await begin(journal);
    let heard = 0;
    let wake = () => {};
    const news = () => new Promise<void>((resolve) => (wake = resolve));
    const unwatch = journal.watch(() => {
      heard += 1;
      wake();
    });
    try {
      for (const [writer, seq] of [
        [journal, 1],
        [other, 2],
        [journal, 3],
      ] as const) {
        const told = news();
        await writer.append(id, seq, [stepStarted(seq)], lease);
        await told;
        // What one is told of can be read.
        assert.equal((await journal.summary(id)).seq, seq + 1);
      }
    } finally {
      unwatch();
    }
    const before = heard;
    await journal.append(id, 4, [stepStarted(4)], lease);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(heard, before);
  },
  'events are read in pages': async (journal) => {
    const { id, lease } = await begin(journal);
    await journal.append(id, 1, [stepStarted(0), stepStarted(1), stepStarted(2)], lease);
    const page = async (afterSeq: number, limit: number) =>
      (await journal.read(id, afterSeq, limit)).map(({ seq }) => seq);
    assert.deepEqual(await page(0, 2), [1, 2]);
    assert.deepEqual(await page(2, 2), [3, 4]);
    assert.deepEqual(await page(3, 2), [4]);
    assert.deepEqual(await page(4, 2), []);
    assert.deepEqual(await page(0, 0), []);
    await assert.rejects(journal.read(id, 0, -1), { code: 'INVALID_INPUT' });
  },
  'the plan of a deployment is there without its events': async (journal) => {
    const { id } = await begin(journal);
    assert.deepEqual(await journal.plan(id), examplePlan());
    await assert.rejects(journal.plan('api-9'), { code: 'DEPLOYMENT_NOT_FOUND' });
  },
  'saved plans are listed by service, newest first': async (journal) => {
    const older = examplePlan({ createdAt: NOW - 1 });
    const newer = examplePlan({ createdAt: NOW, release: { ...older.release, version: '1.1.0' } });
    for (const plan of [older, newer, examplePlan(STAGING)]) await journal.savePlan(plan);
    assert.deepEqual(await journal.savedPlans(PRODUCTION), [
      { digest: newer.digest, version: '1.1.0', createdAt: NOW },
      { digest: older.digest, version: '1.0.0', createdAt: NOW - 1 },
    ]);
    assert.deepEqual(await journal.savedPlans({ ...PRODUCTION, service: 'web' }), []);
  },
};

export const removalCases: Cases = {
  'what is removed is gone, with its events, signals and plans; all else stays': async (journal, opened) => {
    const [first, second, third] = [
      await make(journal, {}),
      await make(journal, { version: '1.1.0' }),
      await make(journal, { version: '1.2.0' }),
    ];
    await journal.signal(second, { signal: 'pause', by: 'bob' }, NOW);
    const [plan, other] = [examplePlan({ createdAt: 1 }), examplePlan({ createdAt: 2 })];
    for (const saved of [plan, other]) await journal.savePlan(saved);
    const kept = [await journal.read(third), await journal.summary(third)];
    const lease = await journal.acquire(request('ann@one pid 1'));
    await journal.remove({ deployments: [first, second], plans: [plan.digest] }, lease);
    const handle = await secondHandle(opened);
    for (const swept of [false, true]) {
      if (swept) await journal.sweep();
      for (const one of [journal, handle]) {
        assert.deepEqual(await idsOf(one), [third]);
        assert.deepEqual(await idsOf(one, { ...PRODUCTION, outcome: 'completed' }), [third]);
        assert.deepEqual([await one.read(third), await one.summary(third)], kept);
        const gone = { code: 'DEPLOYMENT_NOT_FOUND' };
        await assert.rejects(one.summary(first), gone);
        await assert.rejects(one.read(second), gone);
        await assert.rejects(one.plan(second), gone);
        await assert.rejects(one.signals(second, 0), gone);
        await assert.rejects(one.signal(second, { signal: 'pause', by: 'bob' }, NOW), gone);
        await assert.rejects(one.append(second, 2, [stepStarted(0)], lease), gone);
        assert.equal(await one.loadPlan(plan.digest), null);
        assert.deepEqual(await one.loadPlan(other.digest), other);
      }
    }
    assert.equal(await journal.sweep(), 0);
  },
  'removing again what is gone does nothing': async (journal) => {
    const id = await make(journal, {});
    const lease = await journal.acquire(request('ann@one pid 1'));
    const removal = { deployments: [id, 'api-77'], plans: ['f00'] };
    await journal.remove(removal, lease);
    await journal.remove(removal, lease);
    assert.deepEqual(await idsOf(journal), []);
  },
  'an id is never given out again': async (journal, opened) => {
    const ids = [await make(journal, {}), await make(journal, {}), await make(journal, STAGING)];
    assert.deepEqual(ids, ['api-1', 'api-2', 'api-3']);
    for (const place of [PRODUCTION, STAGING]) {
      const lease = await journal.acquire(request('ann@one pid 1', place));
      const deployments = (await journal.list(place)).map(({ id }) => id);
      await journal.remove({ deployments, plans: [] }, lease);
    }
    assert.equal(await make(journal, {}), 'api-4');
    await journal.sweep();
    const again = await secondHandle(opened);
    assert.equal(await make(again, {}), 'api-5');
    assert.deepEqual(await seqsOf(again, 'api-5'), [1, 2]);
  },
  'what has not ended is not removed, nor anything with it': async (journal) => {
    const [ended, open] = [await make(journal, {}), await make(journal, { outcome: null })];
    const lease = await journal.acquire(request('ann@one pid 1'));
    const removal = { deployments: [ended, open], plans: [] };
    await assert.rejects(journal.remove(removal, lease), {
      code: 'INVALID_INPUT',
      message: 'api-2 has not ended, so it cannot be removed',
    });
    assert.deepEqual(await idsOf(journal), [open, ended]);
  },
  'only the holder of the lease removes, and only what it covers': async (journal) => {
    const id = await make(journal, {});
    const plan = examplePlan(STAGING);
    await journal.savePlan(plan);
    const old = await journal.acquire(request('ann@one pid 1'));
    const removal = { deployments: [id], plans: [] };
    const staging = await journal.acquire(request('ann@one pid 1', STAGING));
    await assert.rejects(journal.remove(removal, staging), { code: 'INVALID_INPUT' });
    await journal.remove({ deployments: [], plans: [plan.digest] }, old);
    assert.deepEqual(await journal.loadPlan(plan.digest), plan);
    await journal.acquire(request('bob@two pid 2', { now: old.expiresAt }));
    await assert.rejects(journal.remove(removal, old), { code: 'FENCED' });
    assert.deepEqual(await idsOf(journal), [id]);
  },
};
