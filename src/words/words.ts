/** The words that all screens share: numbers, lists, releases, causes, and commands to type. */
import type { Cause } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import { clean } from './clean.ts';
import { formatSpan } from './durations-text.ts';
import { shellWord } from './typed-command.ts';

/** Ids listed one by one; of more, only the first and the last. */
const MOST_LISTED = 3;

/** `1,234`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 target`, `2,000 targets`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `25 %`, `12.5 %`, `33 %` for a third; never 0 or 100 for what is only near it. */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 1) return '<1 %';
  if (percent > 99 && percent < 100) return '>99 %';
  const isExact = Number.isInteger(percent * 10);
  return `${isExact ? percent : Math.round(percent)} %`;
}

/** `api.1, api.2`, or `api.1 … api.2000 (2,000)` for more than three. */
export function idList(ids: readonly string[], ellipsis: string): string {
  if (ids.length <= MOST_LISTED) return ids.join(', ');
  return `${ids[0]} ${ellipsis} ${ids.at(-1)} (${formatCount(ids.length)})`;
}

/** The version of a release; with the beginning of its digest where two releases of the plan have one version. */
export function releaseLabel(plan: Plan, release: Release): string {
  const all = [plan.release, ...Object.values(plan.previous)];
  const twin = all.some((other) => other.version === release.version && other.id !== release.id);
  return twin ? `${release.version} (${release.digest.slice(0, 7)})` : release.version;
}

/** The release that the plan brings. */
export function newLabel(plan: Plan): string {
  return releaseLabel(plan, plan.release);
}

/** What a target of the plan ran before; `null` when it ran nothing. */
export function fromLabel(plan: Plan, index: number): string | null {
  const from = plan.targets[index]?.from ?? null;
  const release = from === null ? undefined : plan.previous[from];
  return release === undefined ? from : releaseLabel(plan, release);
}

/** What ran before and goes: `1.0.0`, `1.0.0 and 0.9.0`, `3 versions`; `null` for nothing. */
export function oldLabel(plan: Plan): string | null {
  const going = Object.values(plan.previous).filter((release) => release.id !== plan.release.id);
  const labels = going.map((release) => releaseLabel(plan, release));
  if (labels.length === 0) return null;
  return labels.length > 2 ? `${labels.length} versions` : labels.join(' and ');
}

export interface PlannedIds {
  /** Targets that are to run the release. */
  readonly wanted: readonly string[];
  /** Targets that are to run nothing any more. */
  readonly leaving: readonly string[];
}

/** Looking through 100,000 targets for each drawing of a screen would take most of its time. */
const plannedIds = new WeakMap<Plan, PlannedIds>();

/** Ids of the plan's targets, in their order. */
export function idsOf(plan: Plan): PlannedIds {
  const known = plannedIds.get(plan);
  if (known !== undefined) return known;
  const wanted: string[] = [];
  const leaving: string[] = [];
  for (const target of plan.targets) (target.leaving === true ? leaving : wanted).push(target.id);
  const ids = { wanted, leaving };
  plannedIds.set(plan, ids);
  return ids;
}

/** The version in a release id, for where only the id is known. */
export function versionOf(releaseId: string): string {
  return releaseId.replace(/-[0-9a-f]{12}$/, '');
}

/** A cause as one sentence, with the target that it is about. */
export function causeSentence({ message, target }: Pick<Cause, 'message' | 'target'>): string {
  const said = inWords(message);
  return target === undefined || said.startsWith(target) ? said : `${target}: ${said}`;
}

/** The message of a failure for where its target stands beside it. */
export function withoutTarget(message: string, target: string): string {
  const said = inWords(message);
  return said.startsWith(target) ? said.slice(target.length).replace(/^:? /, '') : said;
}

/** A message from anywhere, safe to print. Messages keep exact milliseconds, people think in minutes. */
export function inWords(message: string): string {
  return clean(message).replace(/\b\d{4,15} ms\b/g, (span) => formatSpan(Number.parseInt(span, 10)));
}

/** A program and its arguments, as they could be typed. */
export function commandLine(argv: readonly string[]): string {
  return argv.map((word) => shellWord(clean(word))).join(' ');
}
