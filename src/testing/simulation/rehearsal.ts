/**
 * A service on a simulated fleet, for tests that say themselves what happens: one deployment after another,
 * signals, crashes and faults where the test wants them, with the real engine on virtual time. A witness looks
 * on all the while: `violations` tells which promises were broken.
 */
import type { DeploymentEvent, Signal } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { Controller, type Ending } from './controller.ts';
import type { EffectCall, EffectRecorder } from './effects.ts';
import {
  fleetOptions,
  type RehearsalOptions,
  type RunningInstance,
  rehearsedCapabilities,
} from './rehearsal-options.ts';
import { type DeployOptions, planRehearsal } from './rehearsal-plan.ts';
import { RehearsedReleases } from './rehearsed-releases.ts';
import { SimulatedFleet } from './simulated-fleet.ts';
import { WatchedJournal } from './watched-journal.ts';
import { Witness } from './witness.ts';
import type { World } from './world.ts';

/** No rehearsal may take longer. Virtual milliseconds. */
const LIMIT_MS = 30 * 24 * 60 * 60_000;

/** A change that a controller has made to the world. */
export interface RehearsedChange {
  /** Virtual milliseconds since the beginning. */
  readonly at: number;
  /** `activate 2.0.0 on t1`, `shift 2.0.0 to 50 %`, `prune t1, keeping 2.0.0, 1.0.0`. */
  readonly what: string;
  /** Healthy targets that get traffic, right after it. */
  readonly serving: number;
}

/** A deployment that goes on while the test does other things. */
export interface RehearsedRun {
  /** The process that runs it. */
  readonly controller: Controller;
  readonly ending: Promise<Ending>;
}

export class Rehearsal {
  readonly fleet: SimulatedFleet;
  readonly journal: WatchedJournal;
  /** Every change to the world so far, in order. */
  readonly changes: RehearsedChange[] = [];
  /** Every event of every deployment so far, in order. */
  readonly events: DeploymentEvent[] = [];
  readonly #options: RehearsalOptions;
  readonly #releases: RehearsedReleases;
  readonly #witness: Witness;
  /** By name, in the order of their start. */
  readonly #controllers = new Map<string, Controller>();
  #disturbed = false;

  constructor(options: RehearsalOptions = {}) {
    this.#options = options;
    this.#releases = new RehearsedReleases();
    this.fleet = new SimulatedFleet(fleetOptions(options, this.#releases));
    this.#witness = new Witness(this.fleet);
    this.journal = new WatchedJournal([], {
      onEvents: (events, state, summary) => {
        this.events.push(...events);
        this.#witness.noteEvents(events, state, summary);
      },
      onHolder: (holder) => this.#witness.noteHolder(holder),
      onCrash: () => {},
    });
  }

  /** The promises that were broken, and how; empty when all were kept. */
  get violations(): readonly string[] {
    return this.#witness.violations;
  }

  /** The deployment that began last, as the journal has it. Throws a `TypeError` before there is one. */
  get state(): DeploymentState {
    const { state } = this.#witness;
    if (state === null) throw new TypeError('there is no deployment yet');
    return state;
  }

  /** Everything that runs, by target. */
  get running(): readonly RunningInstance[] {
    const { world } = this.fleet;
    return [...world.instances]
      .map((one): RunningInstance => {
        const version = this.#releases.versionOf(one.release);
        return { target: one.target, version, state: one.state, traffic: world.getsTraffic(one) };
      })
      .toSorted((a, b) => a.target.localeCompare(b.target) || a.version.localeCompare(b.version));
  }

  /** Releases whose files are on a target, in order: `t1 1.0.0`. */
  get copies(): readonly string[] {
    return this.fleet.world.copies
      .map(({ target, release }) => `${target} ${this.#releases.versionOf(release)}`)
      .toSorted();
  }

  /** Deploys the version to its end; resolves with that. Rejects with what the engine refused it for. */
  deploy(version: string, options: DeployOptions = {}): Promise<DeploymentState> {
    return this.ended(this.begin(version, options));
  }

  /** Begins to deploy the version, from what runs now. Time passes only in `until`, `ended` and `pass`. */
  begin(version: string, options: DeployOptions = {}): RehearsedRun {
    const plan = planRehearsal({
      release: this.#releases.of(version),
      previous: this.#releases.all,
      running: [...this.fleet.world.instances],
      targets: this.#options.targets ?? 4,
      can: rehearsedCapabilities(this.#options),
      now: this.fleet.clock.now(),
      options,
    });
    const { state } = this.#witness;
    if (state?.phase === 'ended') this.#witness.turnPage();
    return this.#start((engine) => engine.execute(plan, 'ann'));
  }

  /** Another controller takes up the deployment that began last, and brings it to its end. */
  resume(): Promise<DeploymentState> {
    const { id } = this.state;
    return this.ended(this.#start((engine) => engine.resume(id)));
  }

  /** Lets time pass until the run has ended. Rejects when it was refused, was killed, or never ends. */
  async ended(run: RehearsedRun): Promise<DeploymentState> {
    let ending: Ending | null = null;
    void run.ending.then((how) => {
      ending = how;
    });
    await this.#runUntil(() => ending !== null);
    const how = await run.ending;
    if (how.how === 'threw') throw how.error;
    if (how.how === 'killed') throw new Error(`${run.controller.name} was killed`);
    const isAsked = how.state.plan.steps.some((step) => step.kind === 'gate');
    this.#witness.judgeEnd(how.state, !this.#disturbed && !isAsked);
    return how.state;
  }

  /** Lets time pass until the deployment that began last is as wanted. Throws when it never is. */
  async until(isSo: (state: DeploymentState) => boolean): Promise<void> {
    await this.#runUntil(() => this.#witness.state !== null && isSo(this.#witness.state));
  }

  /** Lets so many virtual milliseconds pass. */
  pass(ms: number): Promise<void> {
    return this.fleet.clock.advance(ms);
  }

  /** Somebody sends a signal to the deployment that began last; it is read within a fifth of a second. */
  async signal(signal: Signal): Promise<void> {
    this.#disturbed = true;
    this.#witness.noteSignal(signal);
    await this.journal.signal(this.state.id, signal, this.fleet.clock.now());
  }

  /** The controller that has the lease dies, as by SIGKILL. */
  kill(): void {
    this.#disturbed = true;
    this.#controllers.get(this.#witness.holder ?? '')?.kill();
  }

  #start(what: (engine: Engine) => Promise<DeploymentState>): RehearsedRun {
    const controller = new Controller(`controller-${this.#controllers.size + 1}`, this.fleet.clock);
    this.#controllers.set(controller.name, controller);
    const ports = this.fleet.ports(this.journal, controller, this.#recorder());
    return { controller, ending: controller.run(ports, what) };
  }

  /** The witness, and a note of each change for the test. */
  #recorder(): EffectRecorder {
    return {
      begin: (call) => {
        const takePlace = this.#witness.begin(call);
        return (work) =>
          takePlace((world) => {
            work(world);
            this.#noteChange(call, world);
          });
      },
    };
  }

  #noteChange(call: EffectCall, world: World): void {
    const { serving } = world.census();
    this.changes.push({ at: this.fleet.clock.now(), what: this.#wordsOf(call), serving });
  }

  #wordsOf({ call, target, release, percent, keep }: EffectCall): string {
    const nameOf = (id: string) => this.#releases.versionOf(id);
    if (keep !== undefined) return `${call} ${target}, keeping ${keep.map(nameOf).join(', ')}`;
    const what = release === null ? '' : ` ${nameOf(release)}`;
    const where = target === null ? '' : ` on ${target}`;
    return `${call}${what}${where}${percent === undefined ? '' : ` to ${percent} %`}`;
  }

  async #runUntil(isDone: () => boolean): Promise<void> {
    const { clock } = this.fleet;
    if (!(await clock.runUntil(isDone, clock.now() + LIMIT_MS))) {
      throw new Error(`it does not come to that within ${LIMIT_MS} ms`);
    }
  }
}
