import { expect, test } from 'vitest';
import { accountOf } from '../../../src/domain/account.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { Accounts } from '../../../src/server/controller/accounts.ts';
import { request } from '../../../src/testing/journal-fixtures.ts';
import { fleetFor, stagedPlan } from '../../engine/fleet.ts';

test('an account that goes on with its deployment is the same as one of all events, and stays as it was', async () => {
  const plan = stagedPlan();
  const rollout = fleetFor(plan);
  await rollout.execute(plan);
  const [summary] = await rollout.journal.list();
  const id = summary?.id ?? '';
  const events = (await rollout.journal.read(id)).map(({ event }) => event);
  expect(events.length).toBeGreaterThan(10);
  const journal = new MemoryJournal();
  const lease = await journal.acquire(
    request('ann', { service: plan.service, environment: plan.environment }),
  );
  expect(await journal.create(plan, 'ann', events[0]?.at ?? 0, lease)).toBe(id);
  const accounts = new Accounts(journal);
  const seen = [await accounts.of(id)];
  for (const [index, event] of events.slice(1).entries()) {
    await journal.append(id, index + 1, [event], lease);
    // Asked for twice at once it is the same one.
    const [one, other] = await Promise.all([accounts.of(id), accounts.of(id)]);
    expect(one).toBe(other);
    seen.push(one);
  }
  for (const [index, account] of seen.entries()) {
    expect(account).toEqual(accountOf(id, events.slice(0, index + 1)));
  }
  expect(await accounts.of(id)).toBe(seen.at(-1));
  await expect(accounts.of('api-99')).rejects.toMatchObject({ code: 'DEPLOYMENT_NOT_FOUND' });
});
