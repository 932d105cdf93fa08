/** The engine on the real clock, on a platform that does everything at once. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/domain/clock.ts';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Ports } from '../../src/engine/ports.ts';
import { JournalError } from '../../src/errors.ts';
import type { Lease } from '../../src/journal/journal.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import type { Instance, Platform } from '../../src/platforms/platform.ts';
import { testPlan, updateOf } from '../domain/plans.ts';

/** Does what it is asked for at once; what runs is a map. */
class InstantPlatform implements Platform {
  readonly name = 'instant';
  readonly beside = true;
  readonly #running = new Map<string, Instance>();
  #started = 0;

  constructor({ targets }: Plan) {
    for (const { id, from } of targets) if (from !== null) this.#start(id, from);
  }

  /** `t1 2.0.0-...` of each instance, in order. */
  get running(): string[] {
    return [...this.#running.keys()].toSorted();
  }

  async activate(target: string, release: Release): Promise<void> {
    this.#start(target, release.id);
  }

  async stop(target: string, release: Release): Promise<void> {
    this.#running.delete(`${target} ${release.id}`);
  }

  async inspect(_service: string, targets: readonly string[]): Promise<Instance[]> {
    if (targets.length > 1) return [...this.#running.values()];
    return [...this.#running.values()].filter(({ target }) => targets.includes(target));
  }

  async stage(): Promise<void> {}
  async prune(): Promise<void> {}
  async logTail(): Promise<string[]> {
    return [];
  }

  #start(target: string, release: string): void {
    const key = `${target} ${release}`;
    if (this.#running.has(key)) return;
    this.#running.set(key, { target, release, state: 'running', startedAt: ++this.#started });
  }
}

/** A journal whose nth append fails, with or without having taken place. */
class FailingJournal extends MemoryJournal {
  appends = 0;
  failAt = 0;
  moment: 'before' | 'after' = 'before';

  override async append(
    id: string,
    seq: number,
    events: readonly DeploymentEvent[],
    lease: Lease,
  ): Promise<number> {
    const fails = ++this.appends === this.failAt;
    if (fails && this.moment === 'before') throw new JournalError('the disk is full');
    const last = await super.append(id, seq, events, lease);
    if (fails) throw new JournalError('the disk is full');
    return last;
  }
}

function portsOf(platform: Platform, journal: MemoryJournal): Ports {
  const hooks = { run: async () => {} };
  return { journal, platform, router: null, health: null, hooks, clock: systemClock };
}

const CAN = { routed: false, probed: false, checked: false };
const PLAN = testPlan({ targets: 3, can: CAN, policy: { concurrency: 2, backoffMs: 0 } });

describe('a journal that fails at any append', () => {
  test('ends the run; the next one goes on to the same end', async () => {
    const calm = new FailingJournal();
    const platform = new InstantPlatform(PLAN);
    await new Engine(portsOf(platform, calm), { holder: 'calm' }).execute(PLAN, 'ann');
    expect(calm.appends).toBeGreaterThan(5);
    for (const moment of ['before', 'after'] as const) {
      for (let failAt = 1; failAt <= calm.appends; failAt++) {
        const journal = Object.assign(new FailingJournal(), { failAt, moment });
        const again = new InstantPlatform(PLAN);
        const engine = new Engine(portsOf(again, journal), { holder: 'ann' });
        await expect(engine.execute(PLAN, 'ann')).rejects.toThrow(JournalError);
        const state = await engine.resume('api-1');
        expect([failAt, moment, state.outcome, again.running]).toEqual([
          failAt,
          moment,
          'completed',
          platform.running,
        ]);
      }
    }
  });
});

test('10,000 targets', async () => {
  const count = 10_000;
  const can = { ...CAN, beside: false, staged: false };
  const plan = testPlan({ targets: count, can, steps: [updateOf(count, 'in-place')] });
  const platform = new InstantPlatform(plan);
  const state = await new Engine(portsOf(platform, new MemoryJournal()), { holder: 'ann' }).execute(
    plan,
    'ann',
  );
  expect([state.outcome, state.available]).toEqual(['completed', count]);
});
