/**
 * The line of a service's good releases: what a rollback walks back along. Each deployment that completes puts
 * its release at the end; a rollback takes off what came after the release that it went to, so that going back
 * twice goes back twice and never forth again. Pure.
 */
import type { DeploymentSummary } from './summary.ts';

/** The strategy of a rollback by hand. */
export const ROLLBACK = 'rollback';

/** What the line is made from. */
export type LineDeployment = Pick<DeploymentSummary, 'id' | 'release' | 'strategy'>;

/** A release on the line. */
export interface LineEntry<D extends LineDeployment = LineDeployment> {
  /** The deployment that put it there. */
  readonly by: D;
  /** The rollback that took it off; `null` while it is on the line. */
  takenOffBy: D | null;
}

export interface ReleaseLine<D extends LineDeployment = LineDeployment> {
  /** Oldest first. */
  readonly line: readonly LineEntry<D>[];
  /** By the id of a deployment: the release that it put on the line, or found there. */
  readonly entries: ReadonlyMap<string, LineEntry<D>>;
}

/** @param completed oldest first */
export function releaseLine<D extends LineDeployment>(completed: Iterable<D>): ReleaseLine<D> {
  const line: LineEntry<D>[] = [];
  const entries = new Map<string, LineEntry<D>>();
  for (const one of completed) {
    // Only of a rollback it is asked where it leads: there are far fewer of them.
    const known = one.strategy === ROLLBACK ? line.findLastIndex(({ by }) => by.release === one.release) : -1;
    if (known !== -1) {
      for (const entry of line.splice(known + 1)) entry.takenOffBy = one;
    } else if (line.at(-1)?.by.release !== one.release) {
      line.push({ by: one, takenOffBy: null });
    }
    entries.set(one.id, line.at(-1) as LineEntry<D>);
  }
  return { line, entries };
}

/** The deployment that brought the good release before `release`; `null` when there is none. */
export function before<D extends LineDeployment>({ line }: ReleaseLine<D>, release: string): D | null {
  return line[line.findLastIndex(({ by }) => by.release === release) - 1]?.by ?? null;
}
