/** What came of many simulations, added up. Plain data, so that it can be sent between threads. */
import type { Story } from './story.ts';

export interface Tally {
  seeds: number;
  /** Simulated deployments; each that has ended was followed by the next one of its service. */
  deployments: number;
  /** How often it ended in which way. */
  readonly outcomes: Map<string, number>;
  /** How often each kind of fault has struck. */
  readonly faults: Map<string, number>;
  /** Seeds with a broken promise, and what was broken. */
  readonly broken: Map<number, readonly string[]>;
}

export function emptyTally(): Tally {
  return { seeds: 0, deployments: 0, outcomes: new Map(), faults: new Map(), broken: new Map() };
}

export function addStory(tally: Tally, { seed, outcome, faults, violations }: Story): void {
  tally.deployments += outcome === null ? 1 : 2;
  add(tally.outcomes, outcome ?? 'never ended', 1);
  for (const [fault, times] of faults) add(tally.faults, fault, times);
  if (violations.length > 0) tally.broken.set(seed, violations);
}

export function addTally(tally: Tally, more: Tally): void {
  tally.seeds += more.seeds;
  tally.deployments += more.deployments;
  for (const [outcome, times] of more.outcomes) add(tally.outcomes, outcome, times);
  for (const [fault, times] of more.faults) add(tally.faults, fault, times);
  for (const [seed, violations] of more.broken) tally.broken.set(seed, violations);
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}
