/** A deployment walked through `decide` and `evolve` by hand: the engine without the engine. */
import { decide } from '../../src/domain/decide.ts';
import type { DeploymentEvent, Signal, SignalName } from '../../src/domain/event.ts';
import { evolve, whyRefused } from '../../src/domain/evolve.ts';
import type { Intent, OperationName, Outcome, Verdict } from '../../src/domain/operation.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { currentStep, type DeploymentState, FLEET, initialState } from '../../src/domain/state.ts';

/** What comes of an operation. */
export type Answer = Partial<Pick<Outcome, 'ok' | 'verdict' | 'seen' | 'error' | 'retryable'>>;

export class Walk {
  state: DeploymentState;
  now = 1_000;
  /** Every event after `deployment-created`. */
  readonly events: DeploymentEvent[] = [];
  /** When `decide` wants to be asked again; `null` when only something that happens can move it. */
  wakeAt: number | null = null;
  /** Whether everything under way was cut short at the last decision. */
  cancelled = false;

  /** Starts the deployment, unless told not to. */
  constructor(plan: Plan, unhealthy: readonly number[] | null = []) {
    this.state = initialState('api-1', plan, 'ann');
    if (unhealthy !== null) this.happens({ type: 'deployment-started', at: this.now, unhealthy });
  }

  /** Folds events and everything that is decided because of them. */
  happens(...happened: readonly DeploymentEvent[]): this {
    let next: readonly DeploymentEvent[] = happened;
    this.cancelled = false;
    do {
      for (const event of next) {
        this.state = evolve(this.state, event);
        this.events.push(event);
      }
      const decision = decide(this.state, this.now);
      this.cancelled ||= decision.cancel === true;
      this.wakeAt = decision.wakeAt ?? null;
      next = decision.events;
    } while (next.length > 0);
    return this;
  }

  /** Lets time pass. */
  passes(ms: number): this {
    this.now += ms;
    return this.happens();
  }

  /** What is under way: `activate new t1`, `shift`. */
  get underWay(): string[] {
    return [...(this.state.step?.active ?? [])].map(([key, { operation, side }]) =>
      key === FLEET ? operation : `${operation} ${side} ${this.#idOf(key)}`,
    );
  }

  /** The operations under way end, all of them or those of one target, in the same way. */
  ends(answer: Answer = {}, target?: string): this {
    const outcomes: Outcome[] = [];
    for (const [key, { operation }] of this.state.step?.active ?? []) {
      if (target !== undefined && this.#idOf(key) !== target) continue;
      outcomes.push(this.#outcome(key, operation, answer));
    }
    if (outcomes.length === 0) throw new Error(`nothing is under way on ${target ?? 'anything'}`);
    return this.happens({ type: 'operations-finished', at: this.now, outcomes });
  }

  /** Everything succeeds, time passing as it is asked for, until the condition holds. */
  until(holds: (walk: Walk) => boolean): this {
    for (let turn = 0; turn < 10_000; turn++) {
      if (holds(this)) return this;
      if (this.underWay.length > 0) this.ends();
      else if (this.wakeAt !== null) this.passes(this.wakeAt - this.now);
      else throw new Error(`stuck in step ${this.state.position}, ${this.state.phase}`);
    }
    throw new Error('it takes too long');
  }

  /** Until a step of this kind is under way. */
  untilIn(kind: string): this {
    return this.until(({ state }) => state.step !== null && currentStep(state)?.kind === kind);
  }

  untilUnderWay(operation: string): this {
    return this.until((walk) => walk.underWay.includes(operation));
  }

  untilEnded(): this {
    return this.until(({ state }) => state.phase === 'ended');
  }

  /** A signal comes; the answer is why it was refused, `null` when it was obeyed. */
  signal(name: SignalName, more: Partial<Omit<Signal, 'signal'>> = {}): string | null {
    return this.signals({ signal: name, by: 'ann', ...more })[0] ?? null;
  }

  /** Several come at once, before anything is decided. */
  signals(...signals: readonly Signal[]): (string | null)[] {
    const answers = signals.map((signal) => {
      const refused = whyRefused(this.state, signal);
      const id = this.state.lastSignal + 1;
      const because = refused === null ? {} : { refused };
      const event: DeploymentEvent = { type: 'signal-received', at: this.now, id, signal, ...because };
      this.state = evolve(this.state, event);
      this.events.push(event);
      return refused;
    });
    this.happens();
    return answers;
  }

  /** The controller is gone, and another takes over. */
  crash(): this {
    return this.happens({ type: 'controller-changed', at: this.now, controller: 'bob', epoch: 2 });
  }

  /** The intents of every operation that was started, in order. */
  get started(): Intent[] {
    return this.events.flatMap((event) => (event.type === 'operations-started' ? event.intents : []));
  }

  /** Everything that was started so far, as `underWay` says it. */
  get startedWords(): string[] {
    return this.started.map(({ target, operation, side }) =>
      target === null ? operation : `${operation} ${side} ${this.#idOf(target)}`,
    );
  }

  /** `new/old` of a target: `serving/none`. */
  phases(target: string): string {
    const state = this.state.targets.get(this.state.indexOf.get(target) as number);
    return `${state.new}/${state.old}`;
  }

  #outcome(key: number, operation: OperationName, answer: Answer): Outcome {
    const target = key === FLEET ? null : key;
    const verdict: { verdict?: Verdict } = operation === 'check' ? { verdict: 'pass' } : {};
    return { target, operation, ok: true, tookMs: 0, ...verdict, ...answer };
  }

  #idOf(index: number): string | undefined {
    return this.state.plan.targets[index]?.id;
  }
}

/** A failure, for good or not. */
export function failure(error = 'it broke', retryable = false): Answer {
  return { ok: false, error, retryable };
}
