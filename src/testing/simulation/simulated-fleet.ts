import type { Capabilities } from '../../domain/plan.ts';
import type { Ports } from '../../engine/ports.ts';
import { serviceHealth } from '../../health/service-health.ts';
import type { Journal } from '../../journal/journal.ts';
import { Controller } from './controller.ts';
import type { EffectRecorder } from './effects.ts';
import { type CallFault, Faults, type Sickness } from './faults.ts';
import { Random } from './random.ts';
import { simulatedCheck } from './simulated-check.ts';
import { type HookRun, SimulatedHooks } from './simulated-hooks.ts';
import { SimulatedPlatform } from './simulated-platform.ts';
import { SimulatedRouter } from './simulated-router.ts';
import { struckJournal } from './struck-journal.ts';
import { VirtualClock } from './virtual-clock.ts';
import { Wire } from './wire.ts';
import { World } from './world.ts';

export interface FleetOptions {
  readonly capabilities: Capabilities;
  /** What each target runs at the beginning; `null` for nothing. */
  readonly running: readonly { readonly id: string; readonly from: string | null }[];
  /** How long an instance takes until it is healthy. Default 0. */
  readonly startUpMs?: number;
  /** The longest that a call takes, one way. Default 1. */
  readonly longestCallMs?: number;
  readonly calls?: readonly CallFault[];
  readonly sicknesses?: readonly Sickness[];
  /** Default 1. */
  readonly seed?: number | string;
}

/** A fleet that is only simulated, on a clock of its own, with the ports to act on it. */
export class SimulatedFleet {
  readonly clock = new VirtualClock();
  readonly faults: Faults;
  readonly world: World;
  readonly sicknesses: readonly Sickness[];
  /** Targets that no platform reaches now; what runs there goes on. */
  readonly away = new Set<string>();
  /** Every run of a hook, in order. */
  readonly hookRuns: HookRun[] = [];
  readonly #capabilities: Capabilities;
  readonly #wire: Wire;

  constructor(options: FleetOptions) {
    const { capabilities, running, startUpMs = 0, longestCallMs = 1 } = options;
    const { beside, routed, staged, probed } = capabilities;
    this.#capabilities = capabilities;
    this.faults = new Faults(options.calls ?? []);
    const sicknesses = options.sicknesses ?? [];
    this.sicknesses = sicknesses;
    this.world = new World(this.clock, this.faults, {
      beside,
      routed,
      staged,
      probed,
      startUpMs,
      sicknesses,
    });
    this.#wire = new Wire(this.clock, new Random(options.seed ?? 1), this.faults, longestCallMs);
    for (const { id, from } of running) if (from !== null) this.world.settle(id, from);
  }

  /**
   * The ports as one controller has them.
   * @param effects where every change is recorded; default: nowhere
   */
  ports(
    journal: Journal,
    controller: Controller = new Controller('controller', this.clock),
    effects: EffectRecorder = { begin: () => (work) => work(this.world) },
  ): Ports {
    const { beside, routed, probed, checked } = this.#capabilities;
    const check = controller.through(simulatedCheck(this.world, this.#wire, controller));
    const reach = { away: this.away, faults: this.faults };
    const router = new SimulatedRouter(this.world, this.#wire, controller, effects);
    return {
      journal: controller.through(struckJournal(journal, this.faults)),
      platform: controller.through(
        new SimulatedPlatform(this.world, this.#wire, controller, effects, reach, beside),
      ),
      router: routed ? controller.through(router) : null,
      health: probed || checked ? serviceHealth([check], { clock: controller.clock }) : null,
      hooks: controller.through(new SimulatedHooks(this.hookRuns, this.#wire, controller)),
      clock: controller.clock,
    };
  }
}
