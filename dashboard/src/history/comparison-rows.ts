/** A comparison as rows of two columns: only what differs, and how long each took. Pure. */
import type { Difference } from '../../../src/domain/differences.ts';
import type { Json } from '../../../src/domain/json.ts';
import type { Comparison } from '../../../src/project/compare-deployments.ts';
import { formatDuration } from '../../../src/words/durations-text.ts';

export interface ComparisonRow {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly differs: boolean;
}

const SHORT_DIGEST = 12;
/** What is not there on one side. */
const ABSENT = '–';

export function rowsOf(compared: Comparison): ComparisonRow[] {
  const {
    version,
    release,
    artifact,
    files,
    config,
    secretsChanged,
    strategy,
    policy,
    targets,
    outcome,
    took,
  } = compared;
  const secrets = secretsChanged ? [row('secrets', 'other values', 'other values')] : [];
  return [
    ...single('version', version),
    ...single('release', release),
    ...single('files', artifact, (digest) => textOf(digest).slice(0, SHORT_DIGEST)),
    ...listed('files only there', files?.removed ?? [], files?.added ?? []),
    ...(files?.changed ?? []).map((file) => row(`file ${file}`, 'as it was', 'changed')),
    ...config.map(pathRow('config')),
    ...secrets,
    ...strategy.map(pathRow('strategy')),
    ...policy.map(pathRow('policy')),
    ...listed('targets only there', targets.removed, targets.added),
    ...single('outcome', outcome),
    { ...row('took', durationOf(took.from), durationOf(took.to)), differs: false },
  ];
}

function row(name: string, from: string, to: string): ComparisonRow {
  return { name, from, to, differs: true };
}

function single(name: string, difference: Difference | null, show = textOf): ComparisonRow[] {
  return difference === null ? [] : [row(name, show(difference.from), show(difference.to))];
}

function pathRow(group: string): (difference: Difference) => ComparisonRow {
  return ({ path, from, to }) => row(`${group} ${path}`, textOf(from), textOf(to));
}

function listed(name: string, from: readonly string[], to: readonly string[]): ComparisonRow[] {
  if (from.length === 0 && to.length === 0) return [];
  const show = (names: readonly string[]) => (names.length === 0 ? ABSENT : names.join(', '));
  return [row(name, show(from), show(to))];
}

function textOf(value: Json): string {
  if (value === null) return ABSENT;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function durationOf(ms: number | null): string {
  return ms === null ? 'under way' : formatDuration(ms);
}
