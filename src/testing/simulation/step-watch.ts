import type { DeploymentEvent } from '../../domain/event.ts';
import type { Verdict } from '../../domain/operation.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import type { World } from './world.ts';

/** An instance when a check of the service began. */
export interface AsItWas {
  readonly sickSince: number | null;
  /** Answers to checks that it had given. */
  readonly answers: number;
  readonly badAnswers: number;
}

/**
 * The step under way, watched from outside: how long it took, how long of that it was paused, what its checks
 * said, and how the instances were that they asked. What the state says of the same is not believed.
 */
export class StepWatch {
  #startedAt = 0;
  #pausedMs = 0;
  #pausedSince: number | null = null;
  #verdict: Verdict | null = null;
  #lookedAt: number | null = null;
  #asked: ReadonlyMap<SimulatedInstance, AsItWas> = new Map();
  #wasLeft = false;

  /** When the pause that holds began; `null` when it is not paused. */
  get pausedSince(): number | null {
    return this.#pausedSince;
  }

  /** What its last check said; `null` before the first. */
  get verdict(): Verdict | null {
    return this.#verdict;
  }

  /** When its last check was answered; its beginning before the first. */
  get lookedAt(): number {
    return this.#lookedAt ?? this.#startedAt;
  }

  /** Every instance as it was when the last check began. */
  get asked(): ReadonlyMap<SimulatedInstance, AsItWas> {
    return this.#asked;
  }

  /** It was paused, or changed hands. */
  get wasLeft(): boolean {
    return this.#wasLeft || this.#pausedMs > 0 || this.#pausedSince !== null;
  }

  /** Milliseconds that it has taken, less those that it was paused. */
  activeMs(now: number): number {
    const paused = this.#pausedSince === null ? 0 : now - this.#pausedSince;
    return now - this.#startedAt - this.#pausedMs - paused;
  }

  /** Sees one event. */
  note(event: DeploymentEvent, before: DeploymentState, after: DeploymentState, world: World): void {
    if (before.paused === null && after.paused !== null) this.#pausedSince = event.at;
    else if (this.#pausedSince !== null && after.paused === null) {
      this.#pausedMs += event.at - this.#pausedSince;
      this.#pausedSince = null;
    }
    if (event.type === 'step-started') this.#begin(event.at);
    else if (event.type === 'controller-changed') this.#wasLeft = true;
    else if (event.type === 'operations-started') {
      if (event.intents.some((intent) => intent.operation === 'check')) this.#asked = lookAt(world);
    } else if (event.type === 'operations-finished') {
      for (const { operation, verdict } of event.outcomes) {
        if (operation !== 'check') continue;
        this.#verdict = verdict ?? null;
        this.#lookedAt = event.at;
      }
    }
  }

  #begin(at: number): void {
    this.#startedAt = at;
    this.#pausedMs = 0;
    this.#verdict = null;
    this.#lookedAt = null;
    this.#asked = new Map();
    this.#wasLeft = false;
  }
}

function lookAt(world: World): ReadonlyMap<SimulatedInstance, AsItWas> {
  return new Map(
    [...world.instances].map((one) => [
      one,
      {
        sickSince: one.healthyAt === Infinity ? one.startedAt : one.sickSince,
        answers: one.answers,
        badAnswers: one.badAnswers,
      },
    ]),
  );
}
