import type { Signal } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Controller } from './controller.ts';
import type { Absence, Trouble } from './draw-trouble.ts';
import type { SimulatedFleet } from './simulated-fleet.ts';
import type { Witness } from './witness.ts';

export interface Controllers {
  named(name: string): Controller | undefined;
  /** Starts one more controller, which tries to act. */
  start(kind: string, what: (engine: Engine) => Promise<DeploymentState>): unknown;
}

/** How long after a controller was killed somebody sends a signal. */
const PATIENCE_MS = 500;

/** Makes everything happen that a scenario puts in the way of a deployment, at its time. */
export class Troublemaker {
  readonly #fleet: SimulatedFleet;
  readonly #witness: Witness;
  readonly #journal: Journal;
  readonly #controllers: Controllers;
  #whenKilled: Signal | null = null;

  constructor(fleet: SimulatedFleet, witness: Witness, journal: Journal, controllers: Controllers) {
    this.#fleet = fleet;
    this.#witness = witness;
    this.#journal = journal;
    this.#controllers = controllers;
  }

  /** Schedules it all; times are from now. */
  begin({ signals, kills, jumps, freezes, absences, rivals, whenKilled }: Trouble): void {
    this.#whenKilled = whenKilled;
    for (const { atMs, signal } of signals) this.#send(atMs, signal);
    for (const atMs of kills) this.#during(atMs, () => this.kill(this.#witness.holder));
    for (const { atMs, byMs } of jumps) this.#during(atMs, () => this.#jump(byMs));
    for (const { atMs, forMs } of freezes) this.#during(atMs, () => this.#freeze(forMs));
    for (const absence of absences) this.#absent(absence);
    for (const { atMs, does } of rivals) {
      this.#during(atMs, ({ id, plan }) => {
        this.#fleet.faults.count(`rival that wants to ${does}`);
        this.#controllers.start('rival', (engine) =>
          does === 'resume' ? engine.resume(id) : engine.execute(plan, 'rival'),
        );
      });
    }
  }

  kill(name: string | null): void {
    const controller = this.#controllers.named(name ?? '');
    if (controller === undefined || controller.isGone) return;
    this.#fleet.faults.count('controller killed');
    this.#witness.say(`${controller.name} is killed`);
    controller.kill();
    if (this.#whenKilled !== null) this.#send(PATIENCE_MS, this.#whenKilled);
  }

  #send(atMs: number, signal: Signal): void {
    this.#during(atMs, ({ id }) => {
      this.#fleet.faults.count(`signal ${signal.signal}`);
      this.#witness.noteSignal(signal);
      void this.#journal.signal(id, signal, this.#fleet.clock.now());
    });
  }

  #jump(byMs: number): void {
    this.#fleet.faults.count(byMs > 0 ? 'clock set forward' : 'clock set back');
    this.#witness.say(`the clock is set ${byMs > 0 ? 'forward' : 'back'} by ${Math.abs(byMs)} ms`);
    this.#fleet.clock.jump(byMs);
  }

  #freeze(forMs: number): void {
    const controller = this.#controllers.named(this.#witness.holder ?? '');
    if (controller === undefined || controller.isGone || controller.isFrozen) return;
    this.#fleet.faults.strikes('controller frozen');
    this.#witness.say(`${controller.name} stands still`);
    controller.freeze();
    this.#fleet.clock.schedule(forMs, () => {
      if (!controller.isGone) this.#witness.say(`${controller.name} goes on`);
      controller.thaw();
    });
  }

  /** One that is for good comes only once there is a deployment: before, there would never be one. */
  #absent({ target, atMs, forMs }: Absence): void {
    const { away, faults, clock } = this.#fleet;
    const leave = () => {
      faults.count('target out of reach');
      this.#witness.say(`${target} is out of reach`);
      away.add(target);
    };
    if (forMs === null) {
      this.#during(atMs, leave);
      return;
    }
    clock.schedule(atMs, leave);
    clock.schedule(atMs + forMs, () => {
      if (away.delete(target)) this.#witness.say(`${target} is back`);
    });
  }

  /** Happens only when the deployment is under way by then. */
  #during(atMs: number, happen: (state: DeploymentState) => void): void {
    this.#fleet.clock.schedule(atMs, () => {
      const { state } = this.#witness;
      if (state !== null && state.phase !== 'ended') happen(state);
    });
  }
}
