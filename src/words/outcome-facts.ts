/** What came of a deployment, or how it stands, in sentences: the same on the last screen of the command line and on a page. */
import type { Cause } from '../domain/event.ts';
import { waitsForPerson } from '../domain/gate.ts';
import { type DeploymentState, isUnreachable } from '../domain/state.ts';
import { formatDuration } from './durations-text.ts';
import { failedTargets, idleTargets, servingByRelease } from './fleet.ts';
import { outcomeWords } from './outcome-words.ts';
import type { Paint } from './paint.ts';
import { rollbackSentence } from './rollback-words.ts';
import type { RolloutHistory } from './rollout-history.ts';
import { describeStep } from './step-words.ts';
import { causeSentence, fromLabel, idList, newLabel, withoutTarget } from './words.ts';

/**
 * The mark and the sentence above everything else.
 * @param what the service and its version, as they are to be shown
 */
export function headlineWords(
  state: DeploymentState,
  what: string,
  paint: Paint,
): { readonly mark: string; readonly sentence: string } {
  const where = `in ${state.plan.environment}`;
  const mark =
    state.outcome === null ? paint.waiting(paint.symbols.paused) : outcomeWords(state.outcome, paint).symbol;
  switch (state.outcome) {
    case 'completed': {
      const behind = failedTargets(state);
      const except = behind.length === 0 ? '' : `, except on ${idList(behind, paint.symbols.ellipsis)}`;
      return {
        mark: behind.length === 0 ? mark : paint.waiting(paint.symbols.attention),
        sentence: `${what} is live ${where}${except}`,
      };
    }
    case 'rolled-back':
      return { mark, sentence: `${what} was rolled back ${where}; ${whatServes(state)}` };
    case 'aborted':
      return { mark, sentence: `${what} was aborted and rolled back ${where}; ${whatServes(state)}` };
    case 'failed': {
      const left = state.direction === 'back' ? ', and so did the rollback' : ', and was left as it is';
      return { mark, sentence: `${what} failed ${where}${left}` };
    }
    case null:
      return { mark, sentence: `${what} ${statusWords(state)} ${where}` };
  }
}

function statusWords(state: DeploymentState): string {
  if (state.stopped) return 'has failed and runs its hooks';
  if (state.direction === 'back') return 'is being rolled back';
  if (state.paused !== null) return 'is paused';
  return waitsForPerson(state) ? 'waits for approval' : 'is under way';
}

function whatServes(state: DeploymentState): string {
  const labels = [...servingByRelease(state).keys()];
  return labels.length === 0 ? 'nothing serves' : `${labels.join(' and ')} serves`;
}

/** Why it did not complete, or does not go on as planned; `null` when there is nothing to tell. */
export function causeToTell(state: DeploymentState, history: RolloutHistory): Cause | null {
  return state.outcome === 'completed' ? null : (history.turned?.cause ?? state.cause);
}

/** The step that failed: `3 of 7, update api.1`; `null` when that is not known. */
export function failedStepWords(
  { plan }: DeploymentState,
  history: RolloutHistory,
  paint: Paint,
): string | null {
  const step = plan.steps[history.failedStep ?? -1];
  if (step === undefined) return null;
  return `${(history.failedStep ?? 0) + 1} of ${plan.steps.length}, ${describeStep(step, plan, paint.symbols).title}`;
}

/** A sentence for each target that failed and that it went on without; of any deployment, for those that could not be reached. */
export function targetsBehind(state: DeploymentState): string[] {
  return state.plan.targets.flatMap(({ id }, index) => {
    const target = state.targets.get(index);
    const { failure } = target;
    if (failure === null || !(state.outcome === 'completed' || isUnreachable(target))) return [];
    return [`${id} ${whatIsOn(state, index)}: ${withoutTarget(failure.message, id)}`];
  });
}

function whatIsOn({ plan, targets }: DeploymentState, index: number): string {
  const target = targets.get(index);
  const before = fromLabel(plan, index);
  if (!isUnreachable(target)) return target.old === 'none' ? 'runs nothing' : `stays on ${before}`;
  if (target.new === 'none' && before === null) return 'ran nothing';
  if (target.old === 'serving' || target.old === 'failing') return `was left on ${before}`;
  return before === null ? `may run ${newLabel(plan)}` : `may run ${newLabel(plan)} or ${before}`;
}

/** What was undone, or why that could not be; `null` where nothing was to be. */
export function undoneWords(
  state: DeploymentState,
  history: RolloutHistory,
  paint: Paint,
): { readonly ok: boolean; readonly sentence: string } | null {
  if (state.direction === 'forward') return null;
  const failure = rollbackFailure(state, history);
  if (failure !== null) return { ok: false, sentence: failure };
  const tookMs = history.turned === null || state.endedAt === null ? null : state.endedAt - history.turned.at;
  const within = tookMs === null ? '' : ` in ${formatDuration(tookMs)}`;
  const did = rollbackSentence(state.steps, state.plan, paint.symbols);
  return { ok: true, sentence: `rolled back${within}: ${did}` };
}

/** What kept the rollback from its end, on one target or as a whole. */
function rollbackFailure(state: DeploymentState, { rollbackFailure: failed }: RolloutHistory): string | null {
  if (state.outcome !== 'failed') return null;
  const [index] = idleTargets(state);
  const onTarget =
    index === undefined
      ? ([...state.targets].find(isUnreachable)?.failure ?? null)
      : state.targets.get(index).failure;
  const cause = failed ?? onTarget ?? state.cause;
  return cause === null ? null : `could not be rolled back: ${causeSentence(cause)}`;
}
