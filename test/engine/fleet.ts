/** A simulated fleet with an engine on it, for tests that run it. */

import type { Plan } from '../../src/domain/plan.ts';
import type { DeploymentState } from '../../src/domain/state.ts';
import { Engine, type EngineOptions } from '../../src/engine/engine.ts';
import type { Ports } from '../../src/engine/ports.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import { type FleetOptions, SimulatedFleet } from '../../src/testing/simulation/simulated-fleet.ts';
import { type PlanParts, planDraft, testPlan } from '../domain/plans.ts';

export interface TestFleet {
  readonly fleet: SimulatedFleet;
  readonly journal: MemoryJournal;
  readonly ports: Ports;
  /** An engine on it. @param holder default `ann` */
  engine(holder?: string, options?: Partial<EngineOptions>, ports?: Partial<Ports>): Engine;
  /** Lets time pass until the promise is settled; gives it back. */
  settled<T>(promise: Promise<T>): Promise<T>;
  /** Executes the plan on an engine of its own. */
  execute(plan: Plan): Promise<DeploymentState>;
}

export function fleetFor(plan: Plan, options: Partial<FleetOptions> = {}): TestFleet {
  const fleet = new SimulatedFleet({ capabilities: plan.capabilities, running: plan.targets, ...options });
  const journal = new MemoryJournal();
  const ports = fleet.ports(journal);
  const engine: TestFleet['engine'] = (holder = 'ann', more = {}, others = {}) =>
    new Engine({ ...ports, ...others }, { holder, ...more });
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    if (await fleet.clock.runUntil(() => isSettled, fleet.clock.now() + 24 * 60 * 60 * 1_000)) return promise;
    throw new Error('it never ends');
  };
  return {
    fleet,
    journal,
    ports,
    engine,
    settled,
    execute: (plan) => settled(engine().execute(plan, 'ann')),
  };
}

/** A plan whose release is put on its targets first, as the simulated platform demands. */
export function stagedPlan(parts: PlanParts = {}): Plan {
  const { targets = 2, steps = planDraft({ targets }).steps } = parts;
  return testPlan({ ...parts, steps: [{ kind: 'stage' }, ...steps] });
}

/** The platform with some of its methods replaced. */
export function platformWith(platform: Platform, methods: Partial<Platform>): Platform {
  return new Proxy(platform, {
    get: (target, name) => Reflect.get(name in methods ? methods : target, name) as unknown,
  });
}
