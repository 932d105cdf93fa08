/** The story of one deployment as a table: the end of what `sluice show` prints. */
import type { StoredEvent } from '../../journal/journal.ts';
import { formatDuration } from '../../words/durations-text.ts';
import type { Paint } from '../../words/paint.ts';
import { tellStory } from '../../words/story.ts';
import { formatCount } from '../../words/words.ts';
import { table } from './layout.ts';

export interface TimelineOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** What a step did on its targets in a line each, instead of all together. */
  readonly apart: boolean;
}

export function renderTimeline(
  id: string,
  events: readonly StoredEvent[],
  { paint, columns, apart }: TimelineOptions,
): string[] {
  const rows = tellStory(id, events, paint, apart);
  const cells = rows.map(({ seq, at, count, words }) => [
    paint.dim(String(seq)),
    paint.dim(`+${formatDuration(at - (rows[0]?.at ?? at))}`),
    `${words.inStep ? '   ' : ''}${words.text}${count > 1 ? paint.dim(` (${formatCount(count)} times)`) : ''}`,
    words.tookMs === null ? '' : paint.dim(formatDuration(words.tookMs)),
  ]);
  const shape = [{ align: 'right' }, { align: 'right' }, { flexible: true }, { align: 'right' }] as const;
  return table(cells, shape, columns, paint.symbols.ellipsis);
}
