/** What the step under way is doing right now, in at most three lines. */
import { gateOf } from '../../domain/gate.ts';
import { currentStep, type DeploymentState, FLEET, type StepProgress } from '../../domain/state.ts';
import type { BakeStep, Step } from '../../domain/step.ts';
import { formatLeft, formatRunning } from '../../words/durations-text.ts';
import { countAndDeadline, whoMay } from '../../words/gate-words.ts';
import { DOING } from '../../words/operation-words.ts';
import type { Paint } from '../../words/paint.ts';
import { causeSentence, formatCount } from '../../words/words.ts';
import { bar } from './layout.ts';
import type { LiveScene } from './live-scene.ts';
import { offersInLine, offersToGoOn } from './offers.ts';

const BAR_COLUMNS = 24;

/** Indented to stand below the title of its step. */
export function currentDetail(scene: LiveScene): string[] {
  const { state } = scene;
  const step = currentStep(state);
  if (state.phase === 'ended' || step === null || state.step === null) return [];
  const indent = ' '.repeat(4 + String(state.steps.length).length);
  return detailOf(scene, step, state.step).map((line) => indent + line);
}

function detailOf(scene: LiveScene, step: Step, progress: StepProgress): string[] {
  const { state } = scene;
  if (state.paused !== null) return paused(scene, state.paused);
  const turning = state.turn === null ? [] : [turn(scene, state.turn)];
  switch (step.kind) {
    case 'stage':
    case 'update':
    case 'retire':
      return [...onTargets(scene, progress), ...retries(scene, progress), ...turning];
    case 'bake':
      return [bake(scene, step, progress), ...retries(scene, progress), ...turning];
    case 'gate':
      return [...gate(scene), ...turning];
    case 'shift':
    case 'hook':
    case 'verify':
      return [...onFleet(scene, progress), ...retries(scene, progress), ...turning];
  }
}

function onTargets({ state, paint, now }: LiveScene, progress: StepProgress): string[] {
  const { targets, begun, done, failed, active, waiting } = progress;
  if (active.has(FLEET)) return [paint.dim(DOING.observe)];
  if (waitsForCapacity(progress, now)) {
    const { minAvailable } = state.plan.policy;
    const words = `waits: going on would leave fewer than ${minAvailable} healthy targets (${state.available} now)`;
    return [paint.waiting(words)];
  }
  const [first] = active;
  if (targets.length < 2) {
    if (first === undefined) return [];
    const [index, { operation, startedAt }] = first;
    const id = state.plan.targets[index]?.id ?? '';
    return [paint.dim(`${id}: ${DOING[operation]}, ${formatRunning(now - startedAt)}`)];
  }
  // Targets that had nothing to do were passed over.
  const over = Math.max(done, begun - active.size - waiting.size - failed);
  const facts = [
    `${formatCount(over)} of ${formatCount(targets.length)} done`,
    ...(active.size > 0 ? [`${formatCount(active.size)} under way`] : []),
    ...(failed > 0 ? [paint.bad(`${formatCount(failed)} failed`)] : []),
  ];
  const percent = (100 * (over + failed)) / targets.length;
  return [`${bar(percent, BAR_COLUMNS, paint)}  ${facts.join(` ${paint.symbols.separator} `)}`];
}

/** Nothing is under way, nothing is due later, and yet something is left to do: it may not be done now. */
function waitsForCapacity({ active, waiting, done, failed, targets }: StepProgress, now: number): boolean {
  if (active.size > 0 || done + failed >= targets.length) return false;
  return ![...waiting.values()].some(({ notBefore }) => notBefore > now);
}

/** The first operation that is tried again, and how many more. */
function retries({ state, paint, now }: LiveScene, { waiting, active }: StepProgress): string[] {
  const again = [
    ...[...waiting].map(([key, { attempt, notBefore }]) => ({ key, attempt, inMs: notBefore - now })),
    ...[...active].map(([key, { attempt }]) => ({ key, attempt, inMs: 0 })),
  ].filter(({ attempt }) => attempt > 1);
  const [first] = again;
  if (first === undefined) return [];
  const { maxAttempts } = state.plan.policy;
  const where = state.plan.targets[first.key]?.id;
  const when = first.inMs > 0 ? `tries again in ${formatLeft(first.inMs)}` : 'tries again';
  const more = again.length > 1 ? `, and ${formatCount(again.length - 1)} more` : '';
  const which = ` (${first.attempt} of ${maxAttempts})${more}`;
  return [paint.waiting(`${where === undefined ? '' : `${where}: `}${when}${which}`)];
}

function bake({ state, paint, now }: LiveScene, { durationMs }: BakeStep, progress: StepProgress): string {
  const elapsedMs = now - progress.startedAt - progress.pausedMs;
  const isOver = elapsedMs >= durationMs || progress.promoted || state.promotedFully;
  const left = isOver ? 'over' : `${formatLeft(durationMs - elapsedMs)} left`;
  const share = durationMs === 0 ? 100 : (100 * elapsedMs) / durationMs;
  const facts = [left, ...(state.plan.capabilities.checked ? [verdict(progress, paint)] : [])];
  return `${bar(share, BAR_COLUMNS, paint)}  ${facts.join(` ${paint.symbols.separator} `)}`;
}

function verdict(progress: StepProgress, paint: Paint): string {
  switch (progress.verdict) {
    case null:
      return paint.dim('no verdict yet');
    case 'pass':
      return paint.good('checks pass');
    case 'inconclusive':
      return paint.waiting('checks give no verdict');
    case 'fail':
      return paint.bad('checks fail');
  }
}

function gate({ state, paint, now }: LiveScene): string[] {
  const standing = gateOf(state);
  if (standing === null) return [];
  const left = standing.deadline === null ? [] : [`${formatLeft(standing.deadline - now)} left to answer`];
  const facts = [...countAndDeadline(standing, now), ...left].join(` ${paint.symbols.separator} `);
  const lines = [facts, ...whoMay(standing)].map((line) => paint.dim(line));
  return [offersInLine(offersToGoOn(state), paint), ...lines];
}

function onFleet({ paint }: LiveScene, { active }: StepProgress): string[] {
  const operation = active.get(FLEET)?.operation;
  return operation === undefined ? [] : [paint.dim(DOING[operation])];
}

function paused(
  { state, paint, now }: LiveScene,
  { cause, since }: NonNullable<DeploymentState['paused']>,
): string[] {
  const leftMs = since + state.plan.policy.pauseTimeoutMs - now;
  return [
    paint.waiting(causeSentence(cause)),
    offersInLine(offersToGoOn(state), paint),
    paint.dim(`goes back by itself in ${formatLeft(leftMs)}`),
  ];
}

function turn({ paint }: LiveScene, { cause, into }: NonNullable<DeploymentState['turn']>): string {
  const then = { rollback: 'rolls back', pause: 'pauses', stop: 'stops' }[into];
  return paint.bad(`${causeSentence(cause)}: ${then} as soon as what is under way has settled`);
}
