/**
 * The live view of a rollout: what a terminal shows while a deployment runs. Drawn anew each time from the
 * state alone, with a history for what the state forgets; never more rows than there are.
 *
 *   title      service, versions, how long, how long yet
 *   steps      done, under way with its detail, to come     live-steps.ts, live-detail.ts
 *   traffic    a bar
 *   targets    one by one, in cells, or as a map             live-targets.ts
 *   remarks    the last things worth one
 *   footer     what Ctrl-C does
 */

import { waitsForPerson } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import { clean } from '../../words/clean.ts';
import { formatLeft, formatRunning, formatTime } from '../../words/durations-text.ts';
import { fleetOf } from '../../words/fleet.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { EMPTY_HISTORY } from '../../words/rollout-history.ts';
import { counted, formatPercent, newLabel, oldLabel } from '../../words/words.ts';
import { bar, type Need, shareRows } from './layout.ts';
import { LABEL_COLUMNS, type LiveOptions, type LiveScene } from './live-scene.ts';
import { stepsNeed, stepsPart } from './live-steps.ts';
import { targetsNeed, targetsPart } from './live-targets.ts';
import { padEnd, spread, truncate } from './text.ts';

const MOST_REMARKS = 3;
const LONGEST_BAR = 60;
/** With fewer rows there are no empty lines between the parts. */
const ROOMY_ROWS = 16;

/** The view as lines: at most `rows`, none wider than `columns`. */
export function renderLive(state: DeploymentState, options: LiveOptions): string[] {
  const { columns, paint, rows } = options;
  const scene: LiveScene = {
    ...options,
    state,
    fleet: fleetOf(state),
    history: options.history ?? EMPTY_HISTORY,
  };
  const parts = partsOf(scene);
  // Shared out by what matters most where there are hardly any rows.
  const byWeight = parts.toSorted((a, b) => a.weight - b.weight);
  const needs = byWeight.map((part) => part.need);
  const gaps = rows >= ROOMY_ROWS ? parts.filter((part) => part.gapBefore && part.need.want > 0).length : 0;
  const given = new Map(shareRows(rows - gaps, needs).map((count, at) => [byWeight[at], count]));
  const lines: string[] = [];
  for (const part of parts) {
    const drawn = part.draw(given.get(part) ?? 0);
    if (drawn.length > 0 && gaps > 0 && part.gapBefore) lines.push('');
    lines.push(...drawn);
  }
  return lines.map((line) => truncate(line.trimEnd(), columns, paint.symbols.ellipsis));
}

interface Part {
  readonly need: Need;
  /** The smaller, the sooner it gets its rows. */
  readonly weight: number;
  readonly gapBefore: boolean;
  draw(rows: number): string[];
}

function partsOf(scene: LiveScene): Part[] {
  const remarks = Math.min(MOST_REMARKS, scene.history.remarks.length);
  return [
    part(1, { min: 1, want: 2 }, true, (rows) => titlePart(scene).slice(0, rows)),
    part(0, stepsNeed(scene), true, (rows) => stepsPart(scene, rows)),
    part(3, { min: 1, want: 1 }, true, (rows) => trafficPart(scene).slice(0, rows)),
    part(2, targetsNeed(scene), false, (rows) => targetsPart(scene, rows)),
    part(5, { min: 0, want: remarks }, true, (rows) => remarksPart(scene, rows)),
    part(4, { min: 1, want: 1 }, true, (rows) => footerPart(scene).slice(0, rows)),
  ];
}

function part(weight: number, need: Need, gapBefore: boolean, draw: Part['draw']): Part {
  return { weight, need, gapBefore, draw };
}

function titlePart({ state, paint, columns, urls, ...times }: LiveScene): string[] {
  const { plan } = state;
  const { arrow, ellipsis, separator } = paint.symbols;
  const release = paint.strong(paint.good(newLabel(plan)));
  const old = oldLabel(plan);
  const versions = old === null ? release : `${old} ${arrow} ${release}`;
  const title = `${paint.strong(plan.service)}  ${versions}  ${status(state, paint)}`.trimEnd();
  const place = `${clean(plan.strategy.name)} in ${plan.environment}`;
  const facts = [place, counted(plan.targets.length, 'target'), state.id];
  return [
    spread(title, timeLeft(state, { ...times, separator }), columns, ellipsis),
    spread(paint.dim(facts.join(` ${separator} `)), paint.hint(urls[0] ?? ''), columns, ellipsis),
  ];
}

function status(state: DeploymentState, paint: Paint): string {
  if (state.outcome !== null) return outcomeWords(state.outcome, paint).title;
  if (state.stopped) return paint.bad('failed');
  if (state.direction === 'back') return paint.waiting('rolling back');
  if (state.paused !== null) return paint.waiting('paused');
  return waitsForPerson(state) ? paint.waiting('waiting for approval') : '';
}

function timeLeft(
  state: DeploymentState,
  { now, estimateMs, separator }: Pick<LiveOptions, 'now' | 'estimateMs'> & { readonly separator: string },
): string {
  if (state.startedAt === null) return '';
  const elapsedMs = (state.endedAt ?? now) - state.startedAt;
  const elapsed = formatRunning(elapsedMs);
  // How long a person takes to answer, or a rollback, is not in what earlier deployments tell.
  const isForward = state.direction === 'forward' && !state.stopped;
  const isUnderWay = state.phase !== 'ended' && isForward && !waitsForPerson(state);
  if (!isUnderWay) return elapsed;
  const bakesMs = bakesToCome(state, now);
  if (estimateMs === undefined) {
    return bakesMs === 0 ? elapsed : `${elapsed} ${separator} at least ${formatLeft(bakesMs)} left`;
  }
  const leftMs = Math.max(bakesMs, estimateMs - elapsedMs);
  const left = leftMs > 0 ? `about ${formatLeft(leftMs)} left` : 'longer than usual';
  return `${elapsed} ${separator} ${left}`;
}

/** Bakes that are still to come, and what is left of the one under way, in milliseconds. */
function bakesToCome({ steps, position, step, promotedFully }: DeploymentState, now: number): number {
  if (promotedFully) return 0;
  let leftMs = 0;
  for (const [at, each] of steps.entries()) {
    if (each.kind !== 'bake' || at < position) continue;
    const elapsedMs = at === position && step !== null ? now - step.startedAt - step.pausedMs : 0;
    leftMs += Math.max(0, each.durationMs - elapsedMs);
  }
  return leftMs;
}

function trafficPart({ state, fleet, paint, columns }: LiveScene): string[] {
  const { separator } = paint.symbols;
  const isRouted = state.plan.capabilities.routed;
  const label = paint.dim(padEnd(isRouted ? 'traffic' : 'fleet', LABEL_COLUMNS));
  const release = newLabel(state.plan);
  const old = oldLabel(state.plan);
  const { share } = fleet;
  if (share === null) return [`${label}${paint.dim('nothing serves')}`];
  const shares = [
    ...(share > 0 || old === null ? [`${formatPercent(share)} ${release}`] : []),
    ...(share < 100 && old !== null ? [`${formatPercent(100 - share)} ${old}`] : []),
  ];
  const text = shares.join(` ${separator} `);
  const width = Math.min(LONGEST_BAR, columns - LABEL_COLUMNS - text.length - 2);
  return [width < 4 ? `${label}${text}` : `${label}${bar(share, width, paint)}  ${text}`];
}

function remarksPart({ history, paint }: LiveScene, rows: number): string[] {
  if (rows === 0) return [];
  return history.remarks
    .slice(-rows)
    .map(({ at, tone, text }) => `${paint.dim(formatTime(at))}  ${paint[tone](text)}`);
}

function footerPart({ state, paint, role = 'controller' }: LiveScene): string[] {
  const { separator } = paint.symbols;
  if (state.phase === 'ended') return [];
  if (role === 'watcher') return [paint.dim('Ctrl-C: stop watching; the deployment goes on')];
  const resumes = '`sluice resume` goes on';
  const words =
    state.direction === 'back' || state.stopped
      ? `Ctrl-C twice: leave, ${resumes}`
      : `Ctrl-C: abort and roll back ${separator} twice: leave, ${resumes}`;
  return [paint.dim(words)];
}
