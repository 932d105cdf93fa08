/**
 * The account of one deployment: what its state forgets and a person asks for afterwards. When each step began
 * and ended, how often each target was tried and how long it took, and who asked for what. A fold of events, like
 * the state itself. Pure.
 */
import type { Cause, DeploymentEvent, SignalName } from './event.ts';
import { evolve } from './evolve.ts';
import { type DeploymentState, initialState, type TargetState } from './state.ts';
import type { Direction, Step } from './step.ts';

export interface StepAccount {
  readonly direction: Direction;
  /** In the plan, in the rollback, or among the hooks that are left once it has stopped; from 0. */
  readonly position: number;
  readonly step: Step;
  /** `cut-short`: the deployment turned back or ended in the middle of it. */
  readonly outcome: 'done' | 'failed' | 'cut-short' | 'under-way' | 'not-begun';
  /** Milliseconds since the epoch; of a step that was tried again, when it first began. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** What a step that is done has to say, such as who approved. */
  readonly note: string | null;
  /** Why it failed. */
  readonly cause: Cause | null;
}

export interface TargetAccount {
  readonly id: string;
  /** Release id. */
  readonly from: string | null;
  /** How it is now. */
  readonly state: TargetState;
  /** Most tries that any operation on it took; 0 when there was none. */
  readonly attempts: number;
  /** What the operations on it took, all together, in milliseconds. */
  readonly tookMs: number;
}

/** What somebody asked of the deployment. */
export interface SignalAccount {
  readonly at: number;
  readonly signal: SignalName;
  readonly by: string;
  readonly reason: string | null;
  /** The plan that they saw; `null` when they did not say. */
  readonly digest: string | null;
  /** Of `promote`. */
  readonly full: boolean;
  /** Why it was not obeyed; `null` when it was. */
  readonly refused: string | null;
}

export interface Account {
  readonly state: DeploymentState;
  readonly createdAt: number;
  /** Those of the plan, then those of the rollback if there was one, then the hooks it ran once it had stopped. */
  readonly steps: readonly StepAccount[];
  readonly targets: readonly TargetAccount[];
  readonly signals: readonly SignalAccount[];
  /** Who had the wheel, in turn. */
  readonly controllers: readonly { readonly at: number; readonly controller: string }[];
}

/** The account of a journal; `null` for an empty one. */
export function accountOf(id: string, events: Iterable<DeploymentEvent>): Account | null {
  let keeper: AccountKeeper | null = null;
  for (const event of events) {
    if (event.type === 'deployment-created') keeper = new AccountKeeper(id, event);
    else keeper?.keep(event);
  }
  return keeper?.account() ?? null;
}

/** Keeps an account while events come. */
export class AccountKeeper {
  #state: DeploymentState;
  readonly #createdAt: number;
  readonly #steps: StepAccount[];
  /** Where in `#steps` those of the direction begin. */
  #first = 0;
  readonly #attempts: number[];
  readonly #tookMs: number[];
  readonly #signals: SignalAccount[] = [];
  readonly #controllers: { readonly at: number; readonly controller: string }[] = [];

  constructor(id: string, { plan, by, at }: Extract<DeploymentEvent, { type: 'deployment-created' }>) {
    this.#state = initialState(id, plan, by);
    this.#createdAt = at;
    this.#steps = plan.steps.map((step, position) => notBegun('forward', step, position));
    this.#attempts = plan.targets.map(() => 0);
    this.#tookMs = plan.targets.map(() => 0);
  }

  /** As it is now, without the rest of the account. */
  get state(): DeploymentState {
    return this.#state;
  }

  /** The next event. */
  keep(event: DeploymentEvent): void {
    switch (event.type) {
      case 'controller-changed':
        this.#controllers.push({ at: event.at, controller: event.controller });
        break;
      case 'step-started':
      case 'step-finished':
      case 'step-failed':
        this.#keepStep(event);
        break;
      case 'operations-started':
        for (const { target, attempt } of event.intents) {
          if (target !== null) this.#attempts[target] = Math.max(this.#attempts[target] ?? 0, attempt);
        }
        break;
      case 'operations-finished':
        for (const { target, tookMs } of event.outcomes) {
          if (target !== null) this.#tookMs[target] = (this.#tookMs[target] ?? 0) + tookMs;
        }
        break;
      case 'signal-received':
        this.#signals.push(signalAccount(event));
        break;
      case 'rollback-started':
        this.#turn(event, 'back');
        break;
      case 'stopped':
        this.#turn(event, this.#state.direction);
        break;
      case 'deployment-finished':
        this.#cutShort(event.at);
        break;
      default:
        break;
    }
    this.#state = evolve(this.#state, event);
  }

  /** As it is now: what comes later does not change it. */
  account(): Account {
    const state = this.#state;
    const targets = state.plan.targets.map(({ id, from }, index): TargetAccount => {
      const attempts = this.#attempts[index] ?? 0;
      return { id, from, state: state.targets.get(index), attempts, tookMs: this.#tookMs[index] ?? 0 };
    });
    return {
      state,
      createdAt: this.#createdAt,
      steps: [...this.#steps],
      targets,
      signals: [...this.#signals],
      controllers: [...this.#controllers],
    };
  }

  #keepStep(event: Extract<DeploymentEvent, { type: `step-${string}` }>): void {
    const index = this.#first + event.step;
    const before = this.#steps[index];
    if (before === undefined) return;
    const { at } = event;
    if (event.type === 'step-started') {
      const startedAt = before.startedAt ?? at;
      this.#steps[index] = { ...before, outcome: 'under-way', startedAt, endedAt: null, cause: null };
    } else if (event.type === 'step-finished') {
      this.#steps[index] = { ...before, outcome: 'done', endedAt: at, note: event.note ?? null };
    } else {
      this.#steps[index] = { ...before, outcome: 'failed', endedAt: at, cause: event.cause };
    }
  }

  /** From here on the steps are others. */
  #turn(
    { at, steps }: Extract<DeploymentEvent, { type: 'rollback-started' | 'stopped' }>,
    to: Direction,
  ): void {
    this.#cutShort(at);
    this.#first = this.#steps.length;
    this.#steps.push(...steps.map((step, position) => notBegun(to, step, position)));
  }

  /** What is under way now does not come to its end. */
  #cutShort(at: number): void {
    for (const [index, step] of this.#steps.entries()) {
      if (step.outcome === 'under-way') this.#steps[index] = { ...step, outcome: 'cut-short', endedAt: at };
    }
  }
}

function notBegun(direction: Direction, step: Step, position: number): StepAccount {
  return {
    direction,
    position,
    step,
    outcome: 'not-begun',
    startedAt: null,
    endedAt: null,
    note: null,
    cause: null,
  };
}

function signalAccount(event: Extract<DeploymentEvent, { type: 'signal-received' }>): SignalAccount {
  const { signal, by, reason = null, digest = null, full = false } = event.signal;
  const refused = event.refused ?? null;
  return { at: event.at, signal, by, reason, digest, full, refused };
}
