import { expect, test } from 'vitest';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { Changes } from '../../../src/server/controller/changes.ts';
import type { Change, ServiceView } from '../../../src/server/operations.ts';
import { begin, NOW, stepStarted } from '../../../src/testing/journal-fixtures.ts';

function told(change: Change | undefined): string {
  if (change === undefined) return 'nothing';
  if (change.kind === 'service') return `${change.service.service}: ${change.service.needs.join()}`;
  const { id, seq, phase } = change.summary;
  return `${id} ${seq} ${phase}`;
}

function view(...needs: string[]): ServiceView {
  return { service: 'api', environment: 'production', status: null, lookedAt: null, fault: null, needs };
}

test('tells what has changed since one began to follow, and only the newest to whoever is slow', async () => {
  const journal = new MemoryJournal();
  const first = await begin(journal);
  const heard: DeploymentSummary[] = [];
  const changes = new Changes(
    journal,
    () => {},
    (summary) => heard.push(summary),
  );
  await changes.open();
  const ending = new AbortController();
  const follower = changes.follow(ending.signal);
  const next = follower.next();
  expect(changes.followers).toBe(1);
  await journal.append(first.id, 1, [stepStarted(0)], first.lease);
  expect(told((await next).value ?? undefined)).toBe('api-1 2 running');
  changes.tell({ kind: 'service', service: view('one') });
  changes.tell({ kind: 'service', service: view('two') });
  expect(told((await follower.next()).value ?? undefined)).toBe('api: two');
  const end = { type: 'deployment-finished', at: NOW, outcome: 'completed' } as const;
  const ended = follower.next();
  await journal.append(first.id, 2, [end], first.lease);
  expect(told((await ended).value ?? undefined)).toBe('api-1 3 ended');
  const begun = follower.next();
  await begin(journal, { environment: 'staging' });
  expect(told((await begun).value ?? undefined)).toBe('api-2 1 running');
  expect(heard.map(({ id, seq }) => `${id} ${seq}`)).toEqual(['api-1 2', 'api-1 3', 'api-2 1']);
  const last = follower.next();
  ending.abort();
  expect(await last).toEqual({ done: true, value: undefined });
  expect(changes.followers).toBe(0);
  changes.close();
});

test('one that ended long after others were begun is told too', async () => {
  const journal = new MemoryJournal();
  const old = await begin(journal, { service: 'old' });
  for (let at = 0; at < 60; at += 1) {
    const { id, lease } = await begin(journal);
    await journal.append(id, 1, [{ type: 'deployment-finished', at: NOW, outcome: 'failed' }], lease);
  }
  const changes = new Changes(
    journal,
    () => {},
    () => {},
  );
  await changes.open();
  const follower = changes.follow(new AbortController().signal);
  const next = follower.next();
  const end = { type: 'deployment-finished', at: NOW, outcome: 'aborted' } as const;
  await journal.append(old.id, 1, [end], old.lease);
  expect(told((await next).value ?? undefined)).toBe('old-1 2 ended');
  await follower.return();
  changes.close();
});
