/** A deployment played through `decide` and `evolve` on a clock of its own: states and events to render. */

import { decide } from '../../../src/domain/decide.ts';
import type { DeploymentEvent, Signal } from '../../../src/domain/event.ts';
import { evolve, whyRefused } from '../../../src/domain/evolve.ts';
import type { Intent, OperationName, Outcome } from '../../../src/domain/operation.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { type DeploymentState, initialState } from '../../../src/domain/state.ts';
import { EMPTY_HISTORY, followEvents, type RolloutHistory } from '../../../src/words/rollout-history.ts';
import { NOON } from './plans.ts';

/** How long each operation takes. */
const TOOK_MS: Readonly<Record<OperationName, number>> = {
  stage: 400,
  activate: 300,
  probe: 700,
  admit: 20,
  drain: 150,
  stop: 120,
  prune: 40,
  observe: 30,
  shift: 15,
  check: 25,
  hook: 1_200,
};

export interface RolloutScript {
  /** What comes of an operation other than success. */
  readonly answer?: (intent: Intent, state: DeploymentState) => Partial<Outcome> | undefined;
  /** Targets seen to be unhealthy before it starts. */
  readonly unhealthy?: readonly number[];
  /** Targets that cannot be reached when it starts. */
  readonly unreachable?: readonly number[];
  /** Hears every group of events. */
  readonly onEvents?: (events: readonly DeploymentEvent[], state: DeploymentState) => void;
}

function awayFrom({ targets }: Plan) {
  return (target: number) => ({
    target,
    error: `cannot log in to ${targets[target]?.id}: it does not answer`,
  });
}

export class SimulatedRollout {
  state: DeploymentState;
  now = NOON;
  history: RolloutHistory = EMPTY_HISTORY;
  readonly events: DeploymentEvent[] = [];
  readonly #script: RolloutScript;
  #underWay: { readonly at: number; readonly outcome: Outcome }[] = [];

  constructor(plan: Plan, script: RolloutScript = {}) {
    this.#script = script;
    this.state = initialState('api-7', plan, 'ann@laptop');
    this.events.push({ type: 'deployment-created', at: this.now, plan, by: 'ann@laptop' });
    this.append(
      { type: 'controller-changed', at: this.now, controller: 'ann@laptop pid 4711', epoch: 1 },
      {
        type: 'deployment-started',
        at: this.now,
        unhealthy: script.unhealthy ?? script.unreachable ?? [],
        ...(script.unreachable === undefined ? {} : { unreachable: script.unreachable.map(awayFrom(plan)) }),
      },
    );
  }

  /** Folds what happened and all that is decided upon it, as one group: so does the engine. */
  append(...happened: readonly DeploymentEvent[]): void {
    const events: DeploymentEvent[] = [];
    // What the controller before had under way is lost with it.
    if (happened.some((event) => event.type === 'controller-changed')) this.#underWay = [];
    let next = happened.length > 0 ? happened : decide(this.state, this.now).events;
    while (next.length > 0) {
      for (const event of next) this.state = evolve(this.state, event);
      for (const event of next) if (event.type === 'operations-started') this.#begin(event.intents);
      events.push(...next);
      next = decide(this.state, this.now).events;
    }
    this.events.push(...events);
    this.history = followEvents(this.history, events, this.state.plan);
    if (events.length > 0) this.#script.onEvents?.(events, this.state);
  }

  signal(signal: Signal): void {
    const id = this.state.lastSignal + 1;
    const why = whyRefused(this.state, signal);
    const refused = why === null ? {} : { refused: why };
    this.append({ type: 'signal-received', at: this.now, id, signal, ...refused });
  }

  /** Plays on until `reached` holds, or until only a signal can bring it further. */
  until(reached: (state: DeploymentState) => boolean): this {
    while (!reached(this.state) && this.#turn(Infinity)) {}
    return this;
  }

  toEnd(): this {
    return this.until(() => false);
  }

  /** Plays on until it ends or waits for a person's answer. */
  toEndOrGate(): this {
    return this.until(({ step, steps, position }) => step !== null && steps[position]?.kind === 'gate');
  }

  /** Plays on for a time. */
  forMs(ms: number): this {
    const end = this.now + ms;
    while (this.#turn(end)) {}
    this.now = end;
    return this;
  }

  #turn(end: number): boolean {
    const { cancel, wakeAt = Infinity } = decide(this.state, this.now);
    if (cancel === true) this.#cutShort();
    const next = Math.min(wakeAt, ...this.#underWay.map((operation) => operation.at));
    if (next > end || next === Infinity) return false;
    this.now = Math.max(this.now, next);
    this.append(...this.#settled());
    return true;
  }

  #begin(intents: readonly Intent[]): void {
    for (const intent of intents) {
      const { target, operation } = intent;
      const good: Partial<Outcome> = operation === 'check' ? { verdict: 'pass' } : {};
      const told = this.#script.answer?.(intent, this.state);
      // Targets take a little longer the further back they are, so that a batch does not end all at once.
      const tookMs = told?.tookMs ?? TOOK_MS[operation] + 20 * ((target ?? 0) % 32);
      const outcome: Outcome = { target, operation, ok: true, ...good, ...told, tookMs };
      this.#underWay.push({ at: this.now + tookMs, outcome });
    }
  }

  #cutShort(): void {
    const cut = this.#underWay.map(({ outcome }) => ({
      at: this.now,
      outcome: {
        target: outcome.target,
        operation: outcome.operation,
        ok: false,
        tookMs: 0,
        error: 'cut short',
      },
    }));
    this.#underWay = cut;
  }

  #settled(): DeploymentEvent[] {
    const due = this.#underWay.filter((operation) => operation.at <= this.now);
    this.#underWay = this.#underWay.filter((operation) => operation.at > this.now);
    const outcomes = due.map(({ outcome }) => outcome);
    return outcomes.length === 0 ? [] : [{ type: 'operations-finished', at: this.now, outcomes }];
  }
}
