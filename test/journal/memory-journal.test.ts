import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { journalConformance } from '../../src/testing/journal-conformance.ts';
import { examplePlan, type OpenedJournal, request } from '../../src/testing/journal-fixtures.ts';
import { anyEvent } from './event-arbitraries.ts';

async function open(): Promise<OpenedJournal> {
  const journal = new MemoryJournal();
  return { journal, reopen: async () => journal, close: () => journal.close() };
}

describe('MemoryJournal', () => {
  test.each(journalConformance(open))('$name', ({ run }) => run());

  test('events come back exactly as they were appended', async () => {
    await using journal = new MemoryJournal();
    const lease = await journal.acquire(request('ann'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 4 }), async (events) => {
        const id = await journal.create(examplePlan(), 'ann', 0, lease);
        await journal.append(id, 1, events, lease);
        expect((await journal.read(id, 1)).map((stored) => stored.event)).toStrictEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  test('events and plans are kept as they came, not copied', async () => {
    await using journal = new MemoryJournal();
    const lease = await journal.acquire(request('ann'));
    const plan = examplePlan();
    const event = { type: 'step-started', at: 1, step: 0 } as const;
    const id = await journal.create(plan, 'ann', 0, lease);
    await journal.append(id, 1, [event], lease);
    await journal.savePlan(plan);
    const [created, started] = await journal.read(id);
    expect(created!.event).toMatchObject({ type: 'deployment-created' });
    expect('plan' in created!.event && created!.event.plan).toBe(plan);
    expect(started!.event).toBe(event);
    expect(await journal.loadPlan(plan.digest)).toBe(plan);
  });

  test('a list handed out does not change with what is appended later', async () => {
    await using journal = new MemoryJournal();
    const lease = await journal.acquire(request('ann'));
    const id = await journal.create(examplePlan(), 'ann', 0, lease);
    const [events, summaries, signals] = [
      await journal.read(id),
      await journal.list(),
      await journal.signals(id, 0),
    ];
    await journal.append(id, 1, [{ type: 'step-started', at: 1, step: 0 }], lease);
    await journal.signal(id, { signal: 'pause', by: 'ann' }, 1);
    expect([events.length, summaries[0]!.seq, signals.length]).toEqual([1, 1, 0]);
  });
});
