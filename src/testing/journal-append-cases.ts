/** What every journal must do with the events of a deployment, and what it says when it refuses. */
import assert from 'node:assert/strict';
import {
  begin,
  type Cases,
  countWinners,
  examplePlan,
  NOW,
  seqsOf,
  stepStarted,
} from './journal-fixtures.ts';

export const appendCases: Cases = {
  'a new deployment begins with its plan, as event 1': async (journal) => {
    const { id } = await begin(journal);
    assert.equal(id, 'api-1');
    const event = { type: 'deployment-created', at: NOW, plan: examplePlan(), by: 'ann' };
    assert.deepEqual(await journal.read(id), [{ seq: 1, event }]);
  },
  'ids count the deployments of a service over all its environments': async (journal) => {
    const { id: first } = await begin(journal);
    const { id: second } = await begin(journal, { environment: 'staging' });
    const { id: other } = await begin(journal, { service: 'web' });
    const { id: third } = await begin(journal);
    assert.deepEqual([first, second, other, third], ['api-1', 'api-2', 'web-1', 'api-3']);
  },
  'services whose names end in digits share no ids': async (journal) => {
    const ids = [];
    for (const service of ['api', 'api-1', 'api-1-1', 'api', 'api-1']) {
      ids.push((await begin(journal, { service })).id);
    }
    assert.deepEqual(ids, ['api-1', 'api-1-1', 'api-1-1-1', 'api-2', 'api-1-2']);
  },
  'appended events follow without gaps': async (journal) => {
    const { id, lease } = await begin(journal);
    assert.equal(await journal.append(id, 1, [stepStarted(0), stepStarted(1)], lease), 3);
    assert.equal(await journal.append(id, 3, [stepStarted(2)], lease), 4);
    assert.deepEqual(await seqsOf(journal, id), [1, 2, 3, 4]);
    assert.deepEqual(await journal.read(id, 2), [
      { seq: 3, event: stepStarted(1) },
      { seq: 4, event: stepStarted(2) },
    ]);
    assert.deepEqual(await journal.read(id, 4), []);
    assert.deepEqual(await journal.read(id, 9), []);
  },
  'an empty group changes nothing, and is checked all the same': async (journal) => {
    const { id, lease } = await begin(journal);
    assert.equal(await journal.append(id, 1, [], lease), 1);
    await assert.rejects(journal.append(id, 2, [], lease), { code: 'JOURNAL_CONFLICT' });
    assert.deepEqual(await seqsOf(journal, id), [1]);
  },
  'an append after another seq than the last is a conflict, all of it': async (journal) => {
    const { id, lease } = await begin(journal);
    await journal.append(id, 1, [stepStarted(0)], lease);
    for (const expectedSeq of [0, 1, 3]) {
      const late = journal.append(id, expectedSeq, [stepStarted(1), stepStarted(2)], lease);
      await assert.rejects(late, { code: 'JOURNAL_CONFLICT' });
    }
    assert.deepEqual(await seqsOf(journal, id), [1, 2]);
    assert.equal((await journal.summary(id)).seq, 2);
  },
  'of appends at once with the same expected seq, one wins, with its whole group': async (journal) => {
    const { id, lease } = await begin(journal);
    const groups = Array.from({ length: 10 }, (_, n) => [stepStarted(2 * n), stepStarted(2 * n + 1)]);
    const results = await Promise.allSettled(groups.map((group) => journal.append(id, 1, group, lease)));
    assert.deepEqual(countWinners(results), { won: 1, lostWith: ['JOURNAL_CONFLICT'] });
    const winner = results.findIndex((result) => result.status === 'fulfilled');
    const events = (await journal.read(id, 1)).map((stored) => stored.event);
    assert.deepEqual(events, groups[winner]);
  },
};

export const refusalCases: Cases = {
  'what names no deployment is not found': async (journal) => {
    const { lease } = await begin(journal);
    const notFound = {
      code: 'DEPLOYMENT_NOT_FOUND',
      message: 'There is no deployment "api-2"',
      remedy: '`sluice history` lists the deployments.',
    };
    await assert.rejects(journal.read('api-2'), notFound);
    await assert.rejects(journal.summary('api-2'), notFound);
    await assert.rejects(journal.append('api-2', 1, [stepStarted(0)], lease), notFound);
    await assert.rejects(journal.signal('api-2', { signal: 'abort', by: 'ann' }, NOW), notFound);
    await assert.rejects(journal.signals('api-2', 0), notFound);
  },
  'refusals have the same words everywhere': async (journal) => {
    const { id, lease } = await begin(journal);
    await assert.rejects(journal.append(id, 7, [], lease), {
      message: 'api-1 was expected to end with event 7, but it ends with event 1',
      remedy: 'Read the journal again and go on from its end.',
    });
    await assert.rejects(journal.loadPlan(''), {
      code: 'INVALID_INPUT',
      message: '"" is not the beginning of just one plan',
      remedy: 'Give more of the digest that `sluice plan` printed.',
    });
    await assert.rejects(journal.list({ limit: -1 }), {
      code: 'INVALID_INPUT',
      message: 'A list cannot be limited to -1 deployments',
      remedy: 'Give a whole number that is not negative.',
    });
  },
};
