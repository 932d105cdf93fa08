import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { fold } from '../../src/domain/evolve.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { exportJournal } from '../../src/project/export-journal.ts';
import { canarySteps } from '../../src/strategies/canary.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import { begin, NOW, request, stepStarted } from '../../src/testing/journal-fixtures.ts';
import { crashingOn, stumblingOn } from '../cli/render/faults.ts';
import { planFor } from '../cli/render/plans.ts';
import { SimulatedRollout } from '../cli/render/simulated-rollout.ts';

/** The keys that lines of one type or the other have. */
interface Line {
  readonly type: string;
  readonly deployment?: string;
  readonly event?: DeploymentEvent;
}

async function linesOf(journal: MemoryJournal, deployments: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of exportJournal(journal, { deployments, now: NOW })) {
    expect(line).not.toContain('\n');
    lines.push(JSON.parse(line) as Line);
  }
  return lines;
}

const anyRollout = fc.record({
  strategy: fc.constantFrom(rollingSteps(), canarySteps({ stages: [25, { percent: 50, gate: 'good?' }] })),
  targets: fc.integer({ min: 1, max: 6 }),
  answer: fc.option(
    fc.tuple(fc.constantFrom(crashingOn, stumblingOn), fc.nat(5)).map(([fault, target]) => fault(target)),
    { nil: undefined },
  ),
  forMs: fc.integer({ min: 0, max: 30_000 }),
  signal: fc.constantFrom('approve', 'abort', 'pause', 'promote'),
});

test('folding what was exported gives the state that it had', async () => {
  await fc.assert(
    fc.asyncProperty(anyRollout, async ({ strategy, targets, answer, forMs, signal }) => {
      const plan = planFor({ strategy, targets });
      const rollout = new SimulatedRollout(plan, answer === undefined ? {} : { answer }).forMs(forMs);
      rollout.signal({ signal, by: 'bob', reason: 'so' });
      rollout.forMs(forMs);
      await using journal = new MemoryJournal();
      const lease = await journal.acquire(request('ann', { service: 'api', environment: 'production' }));
      const id = await journal.create(plan, 'ann@laptop', rollout.events[0]?.at ?? 0, lease);
      await journal.append(id, 1, rollout.events.slice(1), lease);
      await journal.signal(id, { signal, by: 'bob', reason: 'so' }, NOW);

      const lines = await linesOf(journal, [id]);
      const events = lines.flatMap(({ event }) => (event === undefined ? [] : [event]));
      const asJson = (value: unknown) => JSON.stringify(value);
      expect(asJson(fold(id, events).targets)).toBe(asJson(fold(id, rollout.events).targets));
      expect(fold(id, events)).toEqual(fold(id, rollout.events));
    }),
    { numRuns: 60 },
  );
});

test('a header, each deployment with its events and signals, and an end', async () => {
  await using journal = new MemoryJournal();
  const { id, lease } = await begin(journal);
  await journal.append(
    id,
    1,
    Array.from({ length: 1_200 }, (_, n) => stepStarted(n)),
    lease,
  );
  await journal.signal(id, { signal: 'pause', by: 'bob' }, NOW);
  const { id: other } = await begin(journal, { service: 'web' });
  const lines = await linesOf(journal, [id, other]);
  expect(lines[0]).toEqual({ type: 'sluice-journal', version: 1, exportedAt: '2026-01-01T00:00:00.000Z' });
  const { id: _, ...summary } = await journal.summary(id);
  expect(lines[1]).toEqual({ type: 'deployment', deployment: id, ...summary });
  const events = lines.filter(({ type, deployment }) => type === 'event' && deployment === id);
  expect(events.map(({ type: _type, deployment: _id, ...stored }) => stored)).toEqual(await journal.read(id));
  expect(lines[1_203]).toEqual({
    type: 'signal',
    deployment: id,
    id: 1,
    at: NOW,
    signal: { signal: 'pause', by: 'bob' },
  });
  expect(lines.slice(1_204).map(({ type, deployment }) => [type, deployment])).toEqual([
    ['deployment', 'web-1'],
    ['event', 'web-1'],
    ['end', undefined],
  ]);
});

test('no more than a page of events is read at once', async () => {
  const asked: (number | undefined)[] = [];
  class Watched extends MemoryJournal {
    override read(...args: Parameters<MemoryJournal['read']>) {
      asked.push(args[2]);
      return super.read(...args);
    }
  }
  await using journal = new Watched();
  const { id, lease } = await begin(journal);
  await journal.append(
    id,
    1,
    Array.from({ length: 1_200 }, (_, n) => stepStarted(n)),
    lease,
  );
  await linesOf(journal, [id]);
  expect(asked).toEqual([500, 500, 201]);
});
