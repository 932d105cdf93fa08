/**
 * The only loop. It owns nothing but the order of things: fold what happened, ask `decide` what comes next,
 * append both to the journal, and only then perform what was decided. What is not in the journal has not
 * been begun; what is in it and has no outcome is looked at by the next controller.
 */
import { decide } from '../domain/decide.ts';
import type { DeploymentEvent } from '../domain/event.ts';
import { evolve, whyRefused } from '../domain/evolve.ts';
import type { Intent, Outcome } from '../domain/operation.ts';
import { type DeploymentState, FLEET } from '../domain/state.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { OperationHandle } from './operation-handle.ts';
import { perform } from './perform.ts';
import type { Ports } from './ports.ts';

/** How often the journal is asked for signals. */
const SIGNAL_POLL_MS = 200;
/** How long the loop may go on without letting timers and sockets have their turn. */
const LONGEST_TURN_MS = 10;

/** Called after events have become durable, with the state that they led to. */
export type EventListener = (events: readonly DeploymentEvent[], state: DeploymentState) => void;

export class DeploymentRun {
  #state: DeploymentState;
  #lastYield: number;
  #nextSignalPoll = 0;
  #settled: { readonly handle: OperationHandle; readonly outcome: Outcome }[] = [];
  #wake: (() => void) | null = null;
  #lost: { readonly reason: unknown } | null = null;
  readonly #operations = new Map<number, OperationHandle>();
  readonly #ports: Ports;
  readonly #keeper: LeaseKeeper;
  readonly #listeners = new Set<EventListener>();

  /** @param state as the journal has it; @param keeper of the lease that this controller holds */
  constructor(ports: Ports, state: DeploymentState, keeper: LeaseKeeper) {
    this.#ports = ports;
    this.#state = state;
    this.#lastYield = ports.clock.now();
    this.#keeper = keeper;
    keeper.onLost((reason) => this.leave(reason));
  }

  get state(): DeploymentState {
    return this.#state;
  }

  /** Hears every group of events once it is durable; the returned function stops that. */
  onEvents(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops acting. What is under way is cut short and unknown; another controller can go on. */
  leave(reason: unknown): void {
    this.#lost ??= { reason };
    this.#wakeUp();
  }

  /**
   * Runs the deployment to its end.
   * @param first events to begin with: that it was started, or taken over
   * @throws FencedError when another controller took over, JournalError when nothing can be recorded; nothing
   *   more is done then, and a later `resume` goes on from the journal
   */
  async run(first: readonly DeploymentEvent[]): Promise<DeploymentState> {
    try {
      // What was asked for while nobody was there comes before anything is begun.
      let events = [...this.#fold(first), ...(await this.#signals())];
      for (;;) {
        const { wakeAt, cancel } = this.#decideAll(events);
        await this.#append(events);
        // The time between looking at the lease and acting may have been a long one: stopped, or asleep.
        if (this.#state.phase !== 'ended' && !this.#keeper.isHeld) await this.#proveHeld();
        this.#act(events, cancel);
        if (this.#state.phase === 'ended') return this.#state;
        await this.#sleep(wakeAt);
        events = [...this.#fold(this.#outcomes()), ...(await this.#signals())];
      }
    } finally {
      for (const handle of this.#operations.values()) handle.cancel();
    }
  }

  #fold(events: readonly DeploymentEvent[]): DeploymentEvent[] {
    for (const event of events) this.#state = evolve(this.#state, event);
    return [...events];
  }

  /** Decides until there is nothing more to decide; the events are added to `events`. */
  #decideAll(events: DeploymentEvent[]): { wakeAt: number; cancel: boolean } {
    let cancel = false;
    for (;;) {
      const decision = decide(this.#state, this.#ports.clock.now());
      cancel ||= decision.cancel === true;
      if (decision.events.length === 0) return { wakeAt: decision.wakeAt ?? Infinity, cancel };
      events.push(...this.#fold(decision.events));
    }
  }

  async #append(events: readonly DeploymentEvent[]): Promise<void> {
    this.#assertNotLost();
    if (events.length === 0) return;
    const before = this.#state.seq - events.length;
    await this.#ports.journal.append(this.#state.id, before, events, this.#keeper.lease);
    for (const listener of this.#listeners) this.#tell(listener, events);
  }

  async #proveHeld(): Promise<void> {
    await this.#keeper.renew();
    this.#assertNotLost();
  }

  #assertNotLost(): void {
    if (this.#lost !== null) throw this.#lost.reason;
  }

  /** A listener only looks on: one that throws hears no more, and the deployment goes on. */
  #tell(listener: EventListener, events: readonly DeploymentEvent[]): void {
    try {
      listener(events, this.#state);
    } catch {
      this.#listeners.delete(listener);
    }
  }

  #act(events: readonly DeploymentEvent[], cancel: boolean): void {
    if (cancel) for (const handle of this.#operations.values()) handle.cancel();
    this.#forgetGivenUp();
    for (const event of events) {
      if (event.type === 'operations-started') for (const intent of event.intents) this.#start(intent);
    }
  }

  /** What the state has given up on (out of time) is cut short, and its answer is not waited for. */
  #forgetGivenUp(): void {
    const active = this.#state.step?.active;
    for (const [key, handle] of this.#operations) {
      if (active?.has(key)) continue;
      handle.cancel();
      this.#operations.delete(key);
    }
  }

  #start(intent: Intent): void {
    const key = intent.target ?? FLEET;
    // Begun and given up within one group of events: nothing to do.
    if (!this.#state.step?.active.has(key)) return;
    const { clock } = this.#ports;
    const deadline = clock.now() + this.#state.plan.policy.timeoutsMs[intent.operation];
    const handle = new OperationHandle(intent, clock, deadline, this.#keeper);
    this.#operations.get(key)?.cancel();
    this.#operations.set(key, handle);
    void perform({ ports: this.#ports, state: this.#state, handle }).then((outcome) => {
      handle.settled();
      this.#settled.push({ handle, outcome });
      this.#wakeUp();
    });
  }

  /** What has come of operations since the last time, as one event. */
  #outcomes(): DeploymentEvent[] {
    const outcomes: Outcome[] = [];
    for (const { handle, outcome } of this.#settled) {
      const key = outcome.target ?? FLEET;
      if (this.#operations.get(key) !== handle) continue;
      this.#operations.delete(key);
      outcomes.push(outcome);
    }
    this.#settled = [];
    return outcomes.length === 0
      ? []
      : [{ type: 'operations-finished', at: this.#ports.clock.now(), outcomes }];
  }

  /** Folds the signals that have come since the last time, each into the state that it meets. */
  async #signals(): Promise<DeploymentEvent[]> {
    const now = this.#ports.clock.now();
    if (now < this.#nextSignalPoll) return [];
    this.#nextSignalPoll = now + SIGNAL_POLL_MS;
    const signals = await this.#ports.journal.signals(this.#state.id, this.#state.lastSignal);
    return signals.flatMap(({ id, signal }) => {
      const refused = whyRefused(this.#state, signal);
      const because = refused === null ? {} : { refused };
      return this.#fold([{ type: 'signal-received', at: now, id, signal, ...because }]);
    });
  }

  /** Until something settles, a signal may have come, or `wakeAt`. */
  async #sleep(wakeAt: number): Promise<void> {
    const { clock } = this.#ports;
    if (this.#settled.length === 0 && this.#lost === null) {
      const delayMs = Math.min(wakeAt, this.#nextSignalPoll) - clock.now();
      if (delayMs > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.schedule(delayMs, resolve);
          this.#wake = () => {
            cancel();
            resolve();
          };
        });
        this.#wake = null;
      }
    }
    if (clock.now() - this.#lastYield < LONGEST_TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastYield = clock.now();
  }

  #wakeUp(): void {
    this.#wake?.();
  }
}
