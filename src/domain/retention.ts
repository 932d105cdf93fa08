/**
 * What of a service's history may go: by count and by age, and never anything that a rollback needs. Pure.
 *
 * What goes back is read off the line of good releases, which is folded from all deployments that completed. So
 * of what is kept, everything is kept that gave it its place on the line: the fold of what is left is the fold
 * of the whole, without the releases that are gone.
 */
import { type ReleaseLine, releaseLine } from './release-line.ts';
import type { DeploymentSummary } from './summary.ts';

export interface RetentionRules {
  /** Deployments that are kept: the newest. At least 1. */
  readonly keep: number;
  /** What ended longer ago goes, and saved plans made longer ago; in milliseconds. */
  readonly maxAgeMs: number;
  /** Good releases to which a rollback must stay possible. */
  readonly keepReleases: number;
}

/** A plan that was saved, to be applied later. */
export interface SavedPlan {
  readonly digest: string;
  readonly version: string;
  /** When it was made, milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface History {
  /** All of one service in one environment, newest first. */
  readonly deployments: readonly DeploymentSummary[];
  readonly plans: readonly SavedPlan[];
  /** Ids of the releases that run at this moment. */
  readonly running: ReadonlySet<string>;
}

/** What may go. */
export interface Expired {
  /** Newest first. */
  readonly deployments: readonly DeploymentSummary[];
  readonly plans: readonly SavedPlan[];
}

export function expired(history: History, rules: RetentionRules, now: number): Expired {
  const { deployments, plans } = history;
  const completed = deployments.filter(({ outcome }) => outcome === 'completed');
  const line = releaseLine(completed.toReversed());
  const kept = new Set<string>();
  for (const [index, one] of deployments.entries()) {
    const isRecent = index < rules.keep && now - (one.endedAt ?? now) <= rules.maxAgeMs;
    if (isRecent || one.endedAt === null) keepWithItsPlace(one, line, kept);
  }
  const needed = [
    ...line.line.slice(-rules.keepReleases).map(({ by }) => by),
    ...newestOfEachRelease(completed).slice(0, rules.keepReleases),
    ...newestOfEachRelease(deployments).filter(({ release }) => history.running.has(release)),
  ];
  for (const one of needed) keepWithItsPlace(one, line, kept);
  const plansOfKept = new Set(deployments.filter(({ id }) => kept.has(id)).map(({ plan }) => plan));
  return {
    deployments: deployments.filter(({ id }) => !kept.has(id)),
    plans: plans.filter(
      ({ digest, createdAt }) => now - createdAt > rules.maxAgeMs && !plansOfKept.has(digest),
    ),
  };
}

/** The first of each release, in the order given: newest first. */
function newestOfEachRelease(deployments: readonly DeploymentSummary[]): DeploymentSummary[] {
  const seen = new Map<string, DeploymentSummary>();
  for (const one of deployments) if (!seen.has(one.release)) seen.set(one.release, one);
  return [...seen.values()];
}

/**
 * Keeps a deployment; of one that is on the line, or was, also what put its release there and what took it off.
 * That again leads to what is further back on the line, so this ends.
 */
function keepWithItsPlace(
  one: DeploymentSummary,
  { entries }: ReleaseLine<DeploymentSummary>,
  kept: Set<string>,
): void {
  const open = [one];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (kept.has(next.id)) continue;
    kept.add(next.id);
    const entry = entries.get(next.id);
    if (entry === undefined) continue;
    open.push(entry.by);
    if (entry.takenOffBy !== null) open.push(entry.takenOffBy);
  }
}
