/**
 * The plain mode, off a terminal and in CI: a line with the time for each thing worth one. However many
 * targets there are, a step adds few lines: progress at most every two seconds, failures at most a few.
 */
import type { DeploymentEvent } from '../../domain/event.ts';
import { gateOf } from '../../domain/gate.ts';
import { holderInWords } from '../../domain/holder.ts';
import { currentStep, type DeploymentState } from '../../domain/state.ts';
import type { Step } from '../../domain/step.ts';
import { clean } from '../../words/clean.ts';
import { formatDuration, formatRunning, formatTime } from '../../words/durations-text.ts';
import { gateFacts } from '../../words/gate-words.ts';
import { DOING } from '../../words/operation-words.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { failureSentence, pauseSentence, signalSentence } from '../../words/rollout-history.ts';
import { describeStep } from '../../words/step-words.ts';
import { causeSentence, counted, formatCount, formatPercent, newLabel, oldLabel } from '../../words/words.ts';
import { FailureLines } from './failure-lines.ts';
import { offersToGoOn } from './offers.ts';
import { padStart } from './text.ts';
import { unreachableLines } from './unreachable-text.ts';

/** Between two lines of progress of one step; waits shorter than this are told only when they are over. */
const QUIET_MS = 2_000;
/** Progress that is worth a line, in percent of a step. */
const WORTH_PERCENT = 5;
/**
 * After so long without a line it is said what is waited for, as some CI systems end a job that says
 * nothing; then after twice as long, and so on.
 */
const SILENCE_MS = 30_000;
const LONGEST_SILENCE_MS = 8 * 60_000;
/** Of `10/14`, so that the words behind it are aligned. */
const POSITION_COLUMNS = 5;

type EventOf<T extends DeploymentEvent['type']> = Extract<DeploymentEvent, { type: T }>;

/** Turns groups of events into lines. Remembers only what it needs for not saying too much. */
export class PlainLines {
  readonly #paint: Paint;
  readonly #failures = new FailureLines();
  #lines: string[] = [];
  #stepStartedAt: number | null = null;
  #progress = { at: 0, percent: 0 };
  /** Those under way after the last events; `null` before any. */
  #steps: readonly Step[] | null = null;
  #lastLineAt = 0;
  #silenceMs = SILENCE_MS;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** The lines for a group of events; `state` is the one after all of them. */
  lines(events: readonly DeploymentEvent[], state: DeploymentState): string[] {
    const starts = events.some((event) => event.type === 'deployment-started');
    const [first] = events;
    if (this.#lastLineAt === 0 && !starts && first !== undefined)
      this.#say(first.at, opening(state, this.#paint));
    const turns = events.some(isTurn);
    let steps = this.#steps ?? (turns ? state.plan.steps : state.steps);
    // A failure that ends its step is told with the step.
    const ending = new Set(
      events.flatMap((event) => (event.type === 'step-failed' ? [causeSentence(event.cause)] : [])),
    );
    for (const event of events) {
      if (isTurn(event)) steps = event.steps;
      this.#tell(event, state, steps, ending);
    }
    this.#steps = steps;
    if (this.#lines.length > 0) this.#silenceMs = SILENCE_MS;
    return this.#take();
  }

  /** For a time in which nothing happens: after 30 s without a line, what is waited for. */
  idle(state: DeploymentState, now: number): string[] {
    const step = currentStep(state);
    if (now - this.#lastLineAt < this.#silenceMs || step === null || state.step === null) return [];
    this.#silenceMs = Math.min(LONGEST_SILENCE_MS, 2 * this.#silenceMs);
    const [active] = state.step.active;
    const words = [`since ${formatRunning(now - state.step.startedAt)}`];
    if (state.paused !== null) words.push('paused');
    words.push(...this.#standing(state, now));
    if (active !== undefined) {
      const [index, { operation }] = active;
      const id = state.plan.targets[index]?.id;
      words.push(id === undefined ? DOING[operation] : `${id} ${DOING[operation]}`);
    }
    this.#sayStep(now, state, state.steps, state.position, this.#paint.dim(words.join(', ')));
    return this.#take();
  }

  #take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #say(at: number, text: string): void {
    this.#lines.push(`${this.#paint.dim(formatTime(at))}  ${text}`);
    this.#lastLineAt = at;
  }

  #sayStep(
    at: number,
    { plan }: DeploymentState,
    steps: readonly Step[],
    position: number,
    text: string,
  ): void {
    const step = steps[position];
    if (step === undefined) return;
    const { title } = describeStep(step, plan, this.#paint.symbols);
    const place = padStart(`${position + 1}/${steps.length}`, POSITION_COLUMNS);
    this.#say(at, `${this.#paint.dim(place)}  ${title}  ${text}`);
  }

  #tell(
    event: DeploymentEvent,
    state: DeploymentState,
    steps: readonly Step[],
    ending: ReadonlySet<string>,
  ): void {
    const paint = this.#paint;
    switch (event.type) {
      case 'deployment-started':
        this.#say(event.at, opening(state, paint));
        for (const line of unreachableLines(event, state.plan, paint)) this.#say(event.at, line);
        break;
      case 'controller-changed':
        // The first one is the one that began it.
        if (this.#lastLineAt > 0)
          this.#say(event.at, `${clean(holderInWords(event.controller))} goes on with it`);
        break;
      case 'step-started':
        this.#stepStarted(event, state, steps);
        break;
      case 'operations-finished':
        this.#operationsFinished(event, state, steps, ending);
        break;
      case 'step-finished':
        this.#stepEnded(event, state, steps, paint.good('ok'), clean(event.note ?? ''));
        break;
      case 'step-failed':
        this.#stepEnded(event, state, steps, paint.bad('failed'), causeSentence(event.cause));
        break;
      case 'signal-received':
        this.#say(event.at, paint.waiting(signalSentence(event)));
        if (event.signal.signal === 'approve' || event.signal.signal === 'promote') {
          this.#sayStanding(event.at, state);
        }
        break;
      case 'paused':
        this.#say(event.at, paint.waiting(pauseSentence(event.cause)));
        this.#say(event.at, waysOn(state, paint));
        break;
      case 'rollback-started':
        this.#say(event.at, paint.waiting(`rolling back, ${counted(event.steps.length, 'step')}`));
        break;
      case 'stopped':
        this.#say(event.at, paint.bad(`stopped, ${counted(event.steps.length, 'hook')} for a failure left`));
        break;
      case 'deployment-finished':
        this.#ended(event, state);
        break;
      case 'deployment-created':
      case 'operations-started':
        break;
    }
  }

  /** Said at once only of steps that wait by design; of others their end, or their progress, says enough. */
  #stepStarted({ at, step }: EventOf<'step-started'>, state: DeploymentState, steps: readonly Step[]): void {
    this.#stepStartedAt = at;
    this.#progress = { at, percent: 0 };
    this.#failures.begin();
    const begun = steps[step];
    if (begun === undefined) return;
    const waits = begun.kind === 'gate' || begun.kind === 'hook';
    if (!waits && !(begun.kind === 'bake' && begun.durationMs >= QUIET_MS)) return;
    const { how } = describeStep(begun, state.plan, this.#paint.symbols);
    this.#sayStep(at, state, steps, step, this.#paint.dim(how ?? ''));
    if (begun.kind !== 'gate') return;
    this.#say(at, waysOn(state, this.#paint));
    this.#sayStanding(at, state);
  }

  /** How the gate stands at which it waits, where it waits at one. */
  #standing(state: DeploymentState, now: number): string[] {
    const gate = gateOf(state);
    return gate === null ? [] : gateFacts(gate, now);
  }

  #sayStanding(at: number, state: DeploymentState): void {
    const facts = this.#standing(state, at);
    if (facts.length > 0) this.#say(at, this.#paint.dim(facts.join(', ')));
  }

  #operationsFinished(
    { at, outcomes }: EventOf<'operations-finished'>,
    state: DeploymentState,
    steps: readonly Step[],
    ending: ReadonlySet<string>,
  ): void {
    for (const outcome of outcomes) {
      if (outcome.ok) continue;
      const sentence = failureSentence(outcome, state.plan);
      if (!ending.has(sentence)) this.#sayFailure(at, this.#failures.failed(at, sentence));
    }
    const { step } = state;
    if (step === null || step.targets.length === 0) return;
    const over = step.done + step.failed;
    const percent = Math.floor((100 * over) / step.targets.length);
    const isWorthIt = percent - this.#progress.percent >= WORTH_PERCENT && percent < 100;
    if (!isWorthIt || at - this.#progress.at < QUIET_MS) return;
    this.#progress = { at, percent };
    const counts = `${formatCount(over)} of ${formatCount(step.targets.length)}`;
    this.#sayStep(at, state, steps, state.position, `${formatPercent(percent)}  ${this.#paint.dim(counts)}`);
  }

  #sayFailure(at: number, sentence: string | null): void {
    if (sentence !== null) this.#say(at, this.#paint.waiting(sentence));
  }

  #stepEnded(
    { at, step }: EventOf<'step-finished'> | EventOf<'step-failed'>,
    state: DeploymentState,
    steps: readonly Step[],
    verdict: string,
    note: string,
  ): void {
    this.#sayFailure(at, this.#failures.count());
    const took = this.#stepStartedAt === null ? '' : formatDuration(at - this.#stepStartedAt);
    const words = [verdict, this.#paint.dim(took), note].filter((word) => word !== '');
    this.#sayStep(at, state, steps, step, words.join('  '));
  }

  #ended({ at, outcome }: EventOf<'deployment-finished'>, state: DeploymentState): void {
    const took = state.startedAt === null ? '' : ` after ${formatDuration(at - state.startedAt)}`;
    this.#say(at, `${outcomeWords(outcome, this.#paint).title}${took}`);
  }
}

function opening(state: DeploymentState, paint: Paint): string {
  const { plan, id } = state;
  const old = oldLabel(plan);
  const versions = `${old === null ? '' : `${old} ${paint.symbols.arrow} `}${newLabel(plan)}`;
  const targets = counted(plan.targets.length, 'target');
  return `${plan.service} ${versions} in ${plan.environment}, ${clean(plan.strategy.name)}, ${targets} (${id})`;
}

function waysOn(state: DeploymentState, paint: Paint): string {
  return offersToGoOn(state)
    .map(({ typed, does }) => `${paint.hint(typed)} ${does}`)
    .join(', ');
}

/** From here on the steps are others. */
function isTurn(event: DeploymentEvent): event is EventOf<'rollback-started' | 'stopped'> {
  return event.type === 'rollback-started' || event.type === 'stopped';
}
