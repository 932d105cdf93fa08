/** What `sluice diff` prints: what differs between two deployments, and nothing that does not. */
import type { Difference, FileDifferences } from '../../domain/differences.ts';
import type { DeploymentOutcome } from '../../domain/event.ts';
import type { Json } from '../../domain/json.ts';
import type { Comparison, Side } from '../../project/compare-deployments.ts';
import { clean } from '../../words/clean.ts';
import { formatDateTime, formatDuration } from '../../words/durations-text.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { formatCount, idList } from '../../words/words.ts';
import { type Labelled, labelledLines, table } from './layout.ts';
import { truncate } from './text.ts';

export interface DiffOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Name every file, not just the first ones. */
  readonly allFiles: boolean;
}

const LABEL_COLUMNS = 10;
/** Files of a kind that are named. */
const MOST_FILES = 10;
const SHORT_DIGEST = 12;

export function renderDiff(compared: Comparison, options: DiffOptions): string[] {
  const { paint, columns } = options;
  const { from, to, differs } = compared;
  const sides = table([sideCells('-', from, paint), sideCells('+', to, paint)], [{}, {}, {}, {}], columns);
  const parts = labelledLines(partsOf(compared, options), LABEL_COLUMNS, paint);
  const nothing = differs ? [] : ['They differ in nothing but when they were, and how long they took.'];
  return [...sides, '', ...parts, ...nothing].map((line) =>
    truncate(line.trimEnd(), columns, paint.symbols.ellipsis),
  );
}

function sideCells(sign: string, { summary }: Side, paint: Paint): string[] {
  const { id, version, environment, createdAt } = summary;
  const style = sign === '-' ? paint.bad : paint.good;
  return [
    style(sign),
    paint.strong(id),
    `${summary.service} ${version}`,
    paint.dim(`in ${environment}, ${formatDateTime(createdAt)}`),
  ];
}

function partsOf(compared: Comparison, options: DiffOptions): Labelled[] {
  const { paint } = options;
  const { version, release, artifact, config, secretsChanged, strategy, policy, outcome } = compared;
  const secrets = secretsChanged ? [['values of secrets', 'changed']] : [];
  return [
    { label: 'version', lines: oneLine(version, paint, asText) },
    { label: 'release', lines: oneLine(release, paint, asText) },
    { label: 'artifact', lines: [...oneLine(artifact, paint, shortDigest), ...fileLines(compared, options)] },
    { label: 'config', lines: pathLines(config, options, secrets) },
    { label: 'strategy', lines: pathLines(strategy, options) },
    { label: 'policy', lines: pathLines(policy, options) },
    { label: 'targets', lines: targetLines(compared, paint) },
    { label: 'outcome', lines: oneLine(outcome, paint, (value) => outcomeOf(value, paint)) },
    { label: 'took', lines: [arrow(tookOf(compared.took.from), tookOf(compared.took.to), paint)] },
  ];
}

function oneLine(difference: Difference | null, paint: Paint, say: (value: Json) => string): string[] {
  return difference === null ? [] : [arrow(say(difference.from), say(difference.to), paint)];
}

function arrow(from: string, to: string, paint: Paint): string {
  return `${paint.bad(from)} ${paint.symbols.arrow} ${paint.good(to)}`;
}

function pathLines(
  found: readonly Difference[],
  { paint, columns }: DiffOptions,
  more: readonly string[][] = [],
): string[] {
  const rows = found.map(({ path, from, to }) => [
    path,
    arrow(inWords(path, from), inWords(path, to), paint),
  ]);
  return table([...rows, ...more], [{}, { flexible: true }], columns - LABEL_COLUMNS, paint.symbols.ellipsis);
}

/** Texts as they are, everything else as JSON; what is not there says so. */
function inWords(path: string, value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'number' && /(?:Ms|timeoutsMs\.\w+)$/.test(path)) return formatDuration(value);
  return clean(typeof value === 'string' ? value : JSON.stringify(value));
}

function asText(value: Json): string {
  return inWords('', value);
}

function shortDigest(value: Json): string {
  return asText(value).slice(0, SHORT_DIGEST);
}

function outcomeOf(value: Json, paint: Paint): string {
  return value === null ? 'has not ended' : outcomeWords(value as DeploymentOutcome, paint).title;
}

function tookOf(ms: number | null): string {
  return ms === null ? 'has not ended' : formatDuration(ms);
}

function fileLines({ artifact, files }: Comparison, { paint, allFiles }: DiffOptions): string[] {
  if (artifact === null) return [];
  if (files === null) return [paint.dim('which files cannot be told: a copy is not kept any more')];
  const kinds: readonly (readonly [keyof FileDifferences, string, (text: string) => string])[] = [
    ['added', '+', paint.good],
    ['changed', '~', paint.waiting],
    ['removed', '-', paint.bad],
  ];
  return kinds.flatMap(([kind, sign, style]) => {
    const paths = files[kind];
    const shown = allFiles ? paths : paths.slice(0, MOST_FILES);
    const more = paths.length - shown.length;
    const untold =
      more === 0 ? [] : [paint.dim(`  and ${formatCount(more)} more ${kind}; --files names them all`)];
    return [...shown.map((path) => style(`${sign} ${clean(path)}`)), ...untold];
  });
}

function targetLines({ from, to, targets: { added, removed } }: Comparison, paint: Paint): string[] {
  if (added.length + removed.length === 0) return [];
  const { ellipsis } = paint.symbols;
  const counts = arrow(formatCount(wanted(from)), formatCount(wanted(to)), paint);
  return [
    counts,
    ...(added.length === 0 ? [] : [paint.good(`+ ${idList(added, ellipsis)}`)]),
    ...(removed.length === 0 ? [] : [paint.bad(`- ${idList(removed, ellipsis)}`)]),
  ];
}

function wanted({ plan }: Side): number {
  return plan.targets.filter(({ leaving }) => leaving !== true).length;
}
