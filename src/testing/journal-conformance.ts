/**
 * What every journal must do, as cases for any test runner:
 *
 *     for (const { name, run } of journalConformance(openMine)) test(name, run);
 *
 * Each case opens a journal of its own, and closes it.
 */
import assert from 'node:assert/strict';
import type { DeploymentSummary } from '../domain/summary.ts';
import type { ListFilter } from '../journal/journal.ts';
import { MemoryJournal } from '../journal/memory/memory-journal.ts';
import { appendCases, refusalCases } from './journal-append-cases.ts';
import {
  begin,
  type Cases,
  examplePlan,
  NOW,
  type OpenedJournal,
  PRODUCTION,
  request,
  secondHandle,
  seqsOf,
  stepStarted,
} from './journal-fixtures.ts';
import { historyCases, removalCases } from './journal-history-cases.ts';
import { fencingCases, leaseCases } from './journal-lease-cases.ts';

export interface ConformanceCase {
  readonly name: string;
  /** Rejects with what is wrong. */
  run(): Promise<void>;
}

/** The cases. `open` is called once in each. */
export function journalConformance(open: () => Promise<OpenedJournal>): ConformanceCase[] {
  const cases: Cases = {
    ...appendCases,
    ...listCases,
    ...historyCases,
    ...removalCases,
    ...signalCases,
    ...planCases,
    ...leaseCases,
    ...fencingCases,
    ...refusalCases,
    ...handleCases,
  };
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const opened = await open();
      try {
        await check(opened.journal, opened);
      } finally {
        await opened.close();
      }
    },
  }));
}

const listCases: Cases = {
  'a summary follows the events': async (journal) => {
    const { id, lease } = await begin(journal);
    const created: DeploymentSummary = {
      id,
      ...PRODUCTION,
      version: '1.0.0',
      release: '1.0.0-0123456789ab',
      strategy: 'all-at-once',
      plan: examplePlan().digest,
      targets: 2,
      by: 'ann',
      createdAt: NOW,
      endedAt: null,
      phase: 'running',
      outcome: null,
      reason: null,
      seq: 1,
    };
    assert.deepEqual(await journal.summary(id), created);
    const cause = { kind: 'failure', message: 'a is "unhealthy"' } as const;
    await journal.append(id, 1, [{ type: 'rollback-started', at: NOW + 1, cause, steps: [] }], lease);
    const back = { ...created, phase: 'rolling-back', reason: cause.message, seq: 2 };
    assert.deepEqual(await journal.summary(id), back);
    const end = { type: 'deployment-finished', at: NOW + 2, outcome: 'rolled-back' } as const;
    await journal.append(id, 2, [end], lease);
    const ended = { ...back, phase: 'ended', outcome: 'rolled-back', endedAt: NOW + 2, seq: 3 };
    assert.deepEqual(await journal.summary(id), ended);
    assert.deepEqual(await journal.list(), [ended]);
  },
  'a list is filtered, newest first, and limited': async (journal) => {
    const end = { type: 'deployment-finished', at: NOW, outcome: 'completed' } as const;
    for (const service of ['api', 'web', 'api', 'api']) {
      const { id, lease } = await begin(journal, { service });
      if (id !== 'api-3') await journal.append(id, 1, [end], lease);
    }
    await begin(journal, { environment: 'staging' });
    const ids = async (filter?: ListFilter) => (await journal.list(filter)).map((summary) => summary.id);
    assert.deepEqual(await ids(), ['api-4', 'api-3', 'api-2', 'web-1', 'api-1']);
    assert.deepEqual(await ids({ service: 'api' }), ['api-4', 'api-3', 'api-2', 'api-1']);
    assert.deepEqual(await ids({ environment: 'production' }), ['api-3', 'api-2', 'web-1', 'api-1']);
    assert.deepEqual(await ids({ ended: true }), ['api-2', 'web-1', 'api-1']);
    assert.deepEqual(await ids({ ended: false }), ['api-4', 'api-3']);
    assert.deepEqual(await ids({ ended: false, environment: 'production' }), ['api-3']);
    assert.deepEqual(await ids({ ended: true, ...PRODUCTION }), ['api-2', 'api-1']);
    assert.deepEqual(await ids({ ...PRODUCTION, limit: 2 }), ['api-3', 'api-2']);
    assert.deepEqual(await ids({ limit: 0 }), []);
    assert.deepEqual(await ids({ service: 'ap' }), []);
  },
  'a list holds 50 unless told otherwise': async (journal) => {
    const lease = await journal.acquire(request('ann@one pid 1'));
    for (let n = 0; n < 51; n += 1) await journal.create(examplePlan(), 'ann', NOW, lease);
    const newest = await journal.list();
    assert.deepEqual([newest.length, newest[0]!.id, newest[49]!.id], [50, 'api-51', 'api-2']);
    assert.equal((await journal.list({ limit: 1_000 })).length, 51);
    for (const limit of [-1, 1.5, Number.NaN]) {
      await assert.rejects(journal.list({ limit }), { code: 'INVALID_INPUT' });
    }
  },
};

const signalCases: Cases = {
  'signals are counted by deployment, and read from any id on': async (journal) => {
    const { id } = await begin(journal);
    const { id: other } = await begin(journal, { service: 'web' });
    const pause = { signal: 'pause', by: 'bob', reason: 'lunch: "é\n"' } as const;
    const promote = { signal: 'promote', by: 'ann', full: true } as const;
    assert.deepEqual(await journal.signals(id, 0), []);
    assert.equal(await journal.signal(id, pause, NOW), 1);
    assert.equal(await journal.signal(id, promote, NOW + 1), 2);
    assert.equal(await journal.signal(other, pause, NOW + 2), 1);
    const second = { id: 2, at: NOW + 1, signal: promote };
    assert.deepEqual(await journal.signals(id, 0), [{ id: 1, at: NOW, signal: pause }, second]);
    assert.deepEqual(await journal.signals(id, 1), [second]);
    assert.deepEqual(await journal.signals(id, 2), []);
  },
  'signals left at once get an id each, and need no lease': async (journal, opened) => {
    const { id, lease } = await begin(journal);
    await journal.release(lease);
    const handles = [journal, await secondHandle(opened)];
    const left = Array.from({ length: 10 }, (_, n) =>
      handles[n % 2]!.signal(id, { signal: 'pause', by: `person ${n}` }, NOW),
    );
    const ids = (await Promise.all(left)).toSorted((a, b) => a - b);
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal((await journal.signals(id, 0)).length, 10);
  },
};

const planCases: Cases = {
  'a saved plan is found by its digest or the beginning of it': async (journal) => {
    const plan = examplePlan();
    assert.equal(await journal.loadPlan(plan.digest), null);
    await journal.savePlan(plan);
    await journal.savePlan(plan);
    for (const length of [64, 12, 1]) {
      assert.deepEqual(await journal.loadPlan(plan.digest.slice(0, length)), plan);
    }
    assert.equal(await journal.loadPlan(`${plan.digest}0`), null);
    assert.equal(await journal.loadPlan('%'), null);
  },
  'a beginning that two plans share is refused, a whole digest never': async (journal) => {
    const saved = ['abc', 'abd', 'ab'].map((digest) => ({ ...examplePlan(), digest }));
    for (const plan of saved) await journal.savePlan(plan);
    await assert.rejects(journal.loadPlan('a'), { code: 'INVALID_INPUT' });
    for (const plan of saved) assert.deepEqual(await journal.loadPlan(plan.digest), plan);
  },
};

const handleCases: Cases = {
  'its identity is its own, and stays': async (journal, opened) => {
    const identity = await journal.identity();
    assert.match(identity, /^[0-9a-f-]{32,36}$/);
    assert.notEqual(identity, await new MemoryJournal().identity());
    assert.equal(await (await secondHandle(opened)).identity(), identity);
  },
  'everything is there after closing and opening again': async (journal, opened) => {
    const { id, lease } = await begin(journal);
    await journal.append(id, 1, [stepStarted(0)], lease);
    await journal.signal(id, { signal: 'abort', by: 'ann' }, NOW);
    await journal.savePlan(examplePlan());
    const [events, summary, signals] = await Promise.all([
      journal.read(id),
      journal.summary(id),
      journal.signals(id, 0),
    ]);
    await journal.close();
    const again = await secondHandle(opened);
    assert.deepEqual(await again.read(id), events);
    assert.deepEqual(await again.list(), [summary]);
    assert.deepEqual(await again.signals(id, 0), signals);
    assert.deepEqual(await again.loadPlan(examplePlan().digest), examplePlan());
    assert.deepEqual(await again.lease(PRODUCTION), lease);
    assert.equal(await again.append(id, 2, [stepStarted(1)], lease), 3);
    assert.equal((await begin(again)).id, 'api-2');
  },
  'a second handle sees at once what the first one wrote, and is fenced by it': async (journal, opened) => {
    const second = await secondHandle(opened);
    const { id, lease } = await begin(journal);
    assert.deepEqual(await seqsOf(second, id), [1]);
    assert.equal(await second.append(id, 1, [stepStarted(0)], lease), 2);
    await assert.rejects(journal.append(id, 1, [stepStarted(1)], lease), { code: 'JOURNAL_CONFLICT' });
    await second.acquire(request('bob@two pid 2', { now: lease.expiresAt }));
    await assert.rejects(journal.append(id, 2, [stepStarted(1)], lease), { code: 'FENCED' });
    assert.deepEqual(await seqsOf(journal, id, 1), [2]);
  },
};
