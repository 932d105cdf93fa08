/**
 * Whole journals as JSON Lines, to be kept elsewhere or analysed: the format is told in docs/history.md. Read a
 * page at a time, so that a journal of any size can be exported.
 *
 * Nothing is left out of an event: what is not to be seen was never in it. Values of secrets are kept beside a
 * release's copy only; a plan has their names, and a fingerprint that nobody can try values against without the
 * key in the state folder.
 */
import type { Journal } from '../journal/journal.ts';

/** Grows when a line changes its meaning or loses a key; new keys and new types of lines do not count. */
const EXPORT_VERSION = 1;
const EVENTS_AT_ONCE = 500;

export interface ExportOptions {
  /** Ids, in the order in which they are to come. */
  readonly deployments: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The lines, without line ends. A deployment that goes on while it is exported is told as far as it had come.
 * @throws DeploymentNotFoundError when one is not there, also when it was pruned in between
 */
export async function* exportJournal(
  journal: Journal,
  { deployments, now }: ExportOptions,
): AsyncGenerator<string> {
  const exportedAt = new Date(now).toISOString();
  yield JSON.stringify({ type: 'sluice-journal', version: EXPORT_VERSION, exportedAt });
  for (const id of deployments) yield* exportDeployment(journal, id);
  yield JSON.stringify({ type: 'end', deployments: deployments.length });
}

async function* exportDeployment(journal: Journal, id: string): AsyncGenerator<string> {
  const { id: deployment, ...summary } = await journal.summary(id);
  yield JSON.stringify({ type: 'deployment', deployment, ...summary });
  for (let seq = 0; seq < summary.seq; ) {
    const page = await journal.read(id, seq, Math.min(EVENTS_AT_ONCE, summary.seq - seq));
    for (const stored of page) yield JSON.stringify({ type: 'event', deployment, ...stored });
    seq += page.length;
  }
  for (const signal of await journal.signals(id, 0)) {
    yield JSON.stringify({ type: 'signal', deployment, ...signal });
  }
}
