/** Whole deployments to servers: the real engine and the real platform, with a service that answers by HTTP. */

import { systemClock } from '../../../src/domain/clock.ts';
import { makePlan } from '../../../src/domain/make-plan.ts';
import type { Capabilities, Plan } from '../../../src/domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/domain/policy.ts';
import type { Release } from '../../../src/domain/release.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import type { EventListener } from '../../../src/engine/deployment-run.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { httpCheck } from '../../../src/health/http-check.ts';
import { serviceHealth } from '../../../src/health/service-health.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { SshPlatform } from '../../../src/platforms/ssh/ssh-platform.ts';
import type { SshReleaseOptions } from '../../../src/platforms/ssh/ssh-release.ts';
import { type RollingOptions, rollingSteps } from '../../../src/strategies/rolling.ts';
import type { SshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FleetYard, type FleetYardOptions, type OnHost, WATCHFUL } from './fleet-yard.ts';
import { patient } from './workshop.ts';

const PORT = 8080;
const CAN: Capabilities = { beside: false, routed: false, staged: true, probed: true, checked: true };

export interface RolloutOptions {
  readonly rolling?: RollingOptions;
  readonly policy?: Partial<Policy>;
  readonly onEvents?: EventListener;
}

interface RolloutPlace extends FleetYardOptions {
  /** Of every release that it makes. */
  readonly release?: Partial<SshReleaseOptions>;
}

/** Some hosts of a fleet, each of which runs 1.0.0, and the way to another release. */
export class Rollout extends FleetYard {
  readonly journal = new MemoryJournal();
  hosts: readonly FleetHost[] = [];
  #old: Release | null = null;
  #parts: Partial<SshReleaseOptions> = {};

  static async on(
    fleet: SshFleet,
    hosts: readonly FleetHost[],
    options: RolloutPlace = {},
  ): Promise<Rollout> {
    const platform = { ports: [PORT], ...options.platform };
    const rollout = new Rollout(await temporaryFolder(), fleet, { shells: WATCHFUL, ...options, platform });
    rollout.hosts = hosts;
    rollout.#parts = options.release ?? {};
    const old = await rollout.serving('1.0.0');
    rollout.#old = old;
    // By somebody else: who deploys has not seen the hosts a moment ago, and looks.
    const { shells, stateDir } = rollout;
    await using other = new SshPlatform({ shells, stateDir, ...platform });
    await Promise.all(
      hosts.map(async ({ name }) => {
        await other.stage(name, old, patient());
        await other.activate(name, old, patient());
      }),
    );
    return rollout;
  }

  get old(): Release {
    if (this.#old === null) throw new Error('nothing was deployed yet');
    return this.#old;
  }

  /** A release that is healthy once it runs. @param more other files of it */
  serving(
    version: string,
    more: Readonly<Record<string, string>> = {},
    parts: Partial<SshReleaseOptions> = {},
  ) {
    const source = `exec busybox httpd -f -p "$PORT" -h www`;
    return this.program(source, { version, ...this.#parts, ...parts }, { 'www/healthy': version, ...more });
  }

  plan(release: Release, { rolling, policy }: RolloutOptions = {}): Plan {
    const targets = this.hosts.map(({ name }) => ({ id: name, from: this.old.id }));
    const strategy = rollingSteps({ batchSize: 1, ...rolling });
    const ids = targets.map(({ id }) => id);
    return makePlan({
      service: 'api',
      environment: 'production',
      release,
      previous: { [this.old.id]: this.old },
      targets,
      strategy: { name: strategy.name, options: strategy.options },
      steps: strategy.steps({ targets: ids, first: false, unchanged: 0, leaving: false, can: CAN }),
      hooksOnFailure: [],
      capabilities: CAN,
      policy: {
        ...DEFAULT_POLICY,
        maxAttempts: 2,
        ...policy,
        timeoutsMs: { ...DEFAULT_POLICY.timeoutsMs, probe: 3_000, ...policy?.timeoutsMs },
      },
      createdAt: Date.now(),
    });
  }

  execute(plan: Plan, onEvents: EventListener = () => {}): Promise<DeploymentState> {
    const check = httpCheck({ path: '/healthy', intervalMs: 100, timeoutMs: 2_000 });
    const engine = new Engine(
      {
        journal: this.journal,
        platform: this.platform,
        router: null,
        health: serviceHealth([check]),
        hooks: { run: () => Promise.reject(new Error('there are no hooks')) },
        clock: systemClock,
      },
      { holder: `ann@test ${this.stateDir}`, onEvents },
    );
    return engine.execute(plan, 'ann');
  }

  deploy(release: Release, options: RolloutOptions = {}): Promise<DeploymentState> {
    return this.execute(this.plan(release, options), options.onEvents);
  }

  /** The end state of the hosts, in their order. */
  async ends(): Promise<OnHost[]> {
    return await Promise.all(this.hosts.map((host) => this.on(host)));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.clear(this.hosts);
    await super[Symbol.asyncDispose]();
  }
}

/** Calls `act` once, when this operation on the target has begun, or ended well. */
export function when(
  what: 'begun' | 'done',
  operation: string,
  target: number,
  act: () => Promise<void>,
): { readonly listener: EventListener; readonly acted: Promise<void> } {
  let settle: (acted: Promise<void>) => void = () => {};
  const acted = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let isOver = false;
  const listener: EventListener = (events) => {
    const fits = events.some((event) => {
      if (what === 'begun' && event.type === 'operations-started') {
        return event.intents.some((one) => one.operation === operation && one.target === target);
      }
      if (what === 'done' && event.type === 'operations-finished') {
        return event.outcomes.some((one) => one.operation === operation && one.target === target && one.ok);
      }
      return false;
    });
    if (!fits || isOver) return;
    isOver = true;
    settle(act());
  };
  return { listener, acted };
}
