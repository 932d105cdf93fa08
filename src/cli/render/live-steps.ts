/** The steps in the live view: what is done, what is under way with its detail, what is to come. */

import { waitsForPerson } from '../../domain/gate.ts';
import { formatDuration, formatRunning } from '../../words/durations-text.ts';
import { stepDuration, timesOf } from '../../words/rollout-history.ts';
import { describeStep } from '../../words/step-words.ts';
import { causeSentence, counted } from '../../words/words.ts';
import type { Need } from './layout.ts';
import { currentDetail } from './live-detail.ts';
import type { LiveScene } from './live-scene.ts';
import { padStart, spread } from './text.ts';

/** Times stand here at the latest: further to the right the eye would lose the line. */
const STEP_COLUMNS = 80;

/** Rows for every step, the detail of the one under way, and why it turned back. */
export function stepsNeed(scene: LiveScene): Need {
  const { steps } = scene.state;
  const lines = reasonToTurn(scene).length + steps.length + currentDetail(scene).length;
  return { min: Math.min(1, lines), want: lines };
}

/** The steps in `rows` lines; those that are over are the first to be drawn together, then those to come. */
export function stepsPart(scene: LiveScene, rows: number): string[] {
  const { position, steps } = scene.state;
  if (rows === 0) return [];
  const hasCurrent = position < steps.length && scene.state.phase !== 'ended';
  const over = hasCurrent ? position : steps.length;
  const current = hasCurrent ? [stepLine(scene, position)] : [];
  const detail = hasCurrent ? currentDetail(scene).slice(0, Math.max(0, rows - 1)) : [];
  let room = rows - current.length - detail.length;
  const reason = reasonToTurn(scene).slice(0, room);
  room -= reason.length;

  const toCome = steps.length - over - current.length;
  const forOver = Math.min(over, Math.max(Math.min(1, room), room - toCome));
  return [
    ...reason,
    ...overLines(scene, over, forOver),
    ...current,
    ...detail,
    ...toComeLines(scene, over + current.length, room - forOver),
  ];
}

function overLines(scene: LiveScene, over: number, rows: number): string[] {
  if (rows === 0) return [];
  const first = over <= rows ? 0 : over - rows + 1;
  const lines = positions(first, over).map((at) => stepLine(scene, at));
  return first === 0 ? lines : [togetherLine(scene, first), ...lines];
}

function toComeLines(scene: LiveScene, from: number, rows: number): string[] {
  const { steps } = scene.state;
  if (rows === 0) return [];
  const toCome = steps.length - from;
  if (toCome <= rows) return positions(from, steps.length).map((at) => stepLine(scene, at));
  const { paint } = scene;
  const shown = positions(from, from + rows - 1).map((at) => stepLine(scene, at));
  const more = `${paint.symbols.todo} ${' '.repeat(numberWidth(scene))}  ${counted(toCome - rows + 1, 'more step')}`;
  return [...shown, paint.dim(more)];
}

/** The first `count` steps, which are over, in one line. */
function togetherLine(scene: LiveScene, count: number): string {
  const { paint, history } = scene;
  const times = positions(0, count).map((at) => stepDuration(timesOf(history).get(at)) ?? 0);
  const tookMs = times.reduce((sum, time) => sum + time, 0);
  const words = `${' '.repeat(numberWidth(scene))}  ${counted(count, 'step')} done`;
  const took = tookMs === 0 ? '' : paint.dim(formatDuration(tookMs));
  return atRight(scene, `${doneMark(scene)} ${paint.dim(words)}`, took);
}

function stepLine(scene: LiveScene, at: number): string {
  const { state, paint, history, now } = scene;
  const step = state.steps[at];
  if (step === undefined) return '';
  const { title, how } = describeStep(step, state.plan, paint.symbols);
  const number = padStart(String(at + 1), numberWidth(scene));
  if (at > state.position || (at === state.position && state.step === null)) {
    if (at === state.position && state.outcome === 'failed') {
      return `${paint.bad(paint.symbols.failed)} ${number}  ${title}`;
    }
    return paint.dim(`${paint.symbols.todo} ${number}  ${title}`);
  }
  if (at < state.position) {
    const tookMs = stepDuration(timesOf(history).get(at));
    const took = tookMs === null ? '' : paint.dim(formatDuration(tookMs));
    return atRight(scene, `${doneMark(scene)} ${paint.dim(number)}  ${title}`, took);
  }
  const runningMs = now - (state.step?.startedAt ?? now);
  const words = how === null ? paint.strong(title) : `${paint.strong(title)}${paint.dim(`, ${how}`)}`;
  return atRight(scene, `${currentMark(scene)} ${number}  ${words}`, formatRunning(runningMs));
}

function currentMark({ state, paint, now }: LiveScene): string {
  const { symbols } = paint;
  if (waitsForPerson(state)) return paint.waiting(symbols.paused);
  if (state.turn !== null && state.turn.cause.kind === 'failure') return paint.bad(symbols.failed);
  const frame = Math.floor(now / 100) % symbols.spinner.length;
  return paint.waiting(symbols.spinner[frame] ?? symbols.todo);
}

function doneMark({ state, paint }: LiveScene): string {
  const { symbols } = paint;
  return state.direction === 'back' && !state.stopped
    ? paint.waiting(symbols.back)
    : paint.good(symbols.done);
}

/** In a rollback, and once it has stopped: which step of the plan failed, and why. */
function reasonToTurn(scene: LiveScene): string[] {
  const { state, paint, history } = scene;
  if (state.direction === 'forward' && !state.stopped) return [];
  const cause = history.turned?.cause ?? state.cause;
  const mark =
    cause?.kind === 'abort' ? paint.waiting(paint.symbols.paused) : paint.bad(paint.symbols.failed);
  const sentence = `${mark} ${paint.strong(cause === null ? 'it failed' : causeSentence(cause))}`;
  const failed = state.plan.steps[history.failedStep ?? -1];
  if (failed === undefined) return [sentence];
  const { title } = describeStep(failed, state.plan, paint.symbols);
  return [sentence, paint.dim(`  in step ${(history.failedStep ?? 0) + 1}, ${title}`)];
}

function atRight({ columns, paint }: LiveScene, left: string, right: string): string {
  return spread(left, right, Math.min(columns, STEP_COLUMNS), paint.symbols.ellipsis);
}

function numberWidth({ state }: LiveScene): number {
  return String(state.steps.length).length;
}

function positions(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}
