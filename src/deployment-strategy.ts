/**
 * `DeploymentStrategy`, the specification's: a strategy that can also be used by itself, on targets
 * (`deploy`) or on a service by name (`execute`), without an orchestrator or manager around it.
 */
import {
  type DeploymentResult,
  deployNothing,
  executeThroughFunction,
  planForFunction,
} from './deploy-function.ts';
import { messageOf } from './errors.ts';
import type { DeployFunction, DeploymentTarget } from './platforms/function/function-platform.ts';
import { allAtOnceSteps } from './strategies/all-at-once.ts';
import { type BlueGreenOptions, blueGreenSteps } from './strategies/blue-green.ts';
import { type CanaryOptions, canarySteps } from './strategies/canary.ts';
import { type RollingOptions, rollingSteps } from './strategies/rolling.ts';
import type { StepsFunction, Strategy } from './strategies/strategy.ts';

export const DEPLOYMENT_STATUSES = ['completed', 'failed', 'rolled-back'] as const;

/** One deployment of a service, by name, as a manager records it. */
export interface DeploymentState {
  readonly service: string;
  readonly version: string;
  /** The version before, to which a rollback goes; absent for the first deployment. */
  readonly previousVersion?: string;
  /** Name of the strategy. */
  readonly strategy: string;
  readonly status: (typeof DEPLOYMENT_STATUSES)[number];
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Why it failed. */
  readonly error?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What `execute` deploys to, given only a service's name. */
export interface ServiceFleet {
  /** Default: one target with the name of the service. */
  readonly targetsOf?: (serviceName: string) => readonly DeploymentTarget[];
  /** Default: does nothing and succeeds. */
  readonly deployFn?: DeployFunction;
}

export class DeploymentStrategy implements Strategy {
  readonly name: string;
  readonly options: Strategy['options'];
  readonly steps: StepsFunction;
  readonly #fleet: ServiceFleet;

  /** @param strategy a strategy, or just a function that returns steps */
  constructor(strategy: Strategy | StepsFunction, fleet: ServiceFleet = {}) {
    const whole =
      typeof strategy === 'function' ? { name: nameOf(strategy), options: {}, steps: strategy } : strategy;
    this.name = whole.name;
    this.options = whole.options;
    this.steps = whole.steps;
    this.#fleet = fleet;
  }

  /**
   * Deploys a version to targets. Resolves with the result, also when it failed and was rolled back; a
   * `deployFn` that throws or returns false fails that target.
   * @throws InvalidInputError, InvalidPlanError when there is nothing sensible to do; nothing was changed then
   */
  async deploy(
    targets: readonly DeploymentTarget[],
    version: string,
    deployFn: DeployFunction = deployNothing,
  ): Promise<DeploymentResult> {
    const plan = planForFunction({ service: 'targets', version, targets, strategy: this, checked: false });
    return executeThroughFunction(plan, targets, deployFn, null, {});
  }

  /** Deploys a version of a service to the targets that belong to its name. */
  async execute(serviceName: string, version: string): Promise<DeploymentState> {
    const startedAt = new Date();
    const { targetsOf = oneTarget, deployFn } = this.#fleet;
    const result = await this.deploy(targetsOf(serviceName), version, deployFn);
    return {
      service: serviceName,
      version,
      strategy: this.name,
      status: result.state === 'completed' ? 'completed' : 'failed',
      startedAt,
      endedAt: new Date(),
      ...(result.errors[0] === undefined ? {} : { error: result.errors[0] }),
      metadata: { result },
    };
  }

  /**
   * Brings a service back to the version before `state`. Its status is `rolled-back`, or `failed`; a first
   * deployment has nothing before it, and is only marked.
   */
  async rollback(state: DeploymentState): Promise<DeploymentState> {
    const startedAt = new Date();
    const { previousVersion } = state;
    if (previousVersion === undefined) return { ...state, status: 'rolled-back', endedAt: startedAt };
    const back = await this.execute(state.service, previousVersion);
    const status = back.status === 'completed' ? 'rolled-back' : 'failed';
    return { ...back, version: state.version, previousVersion, status };
  }
}

/** Batch after batch. Throws `InvalidInputError` for options that make no sense. */
export function rolling(options?: RollingOptions, fleet?: ServiceFleet): DeploymentStrategy {
  return new DeploymentStrategy(rollingSteps(options), fleet);
}

/** A small share first, then more. Default stages: 10, 25, 50 and 100 percent. */
export function canary(options?: CanaryOptions, fleet?: ServiceFleet): DeploymentStrategy {
  return new DeploymentStrategy(canarySteps(options), fleet);
}

/** The new beside the old, verified, then all traffic at once. */
export function blueGreen(options?: BlueGreenOptions, fleet?: ServiceFleet): DeploymentStrategy {
  return new DeploymentStrategy(blueGreenSteps(options), fleet);
}

/** Every target in one batch. */
export function allAtOnce(fleet?: ServiceFleet): DeploymentStrategy {
  return new DeploymentStrategy(allAtOnceSteps(), fleet);
}

/** The state of a deployment whose strategy threw. */
export function failedState(
  service: string,
  version: string,
  strategy: string,
  startedAt: Date,
  thrown: unknown,
): DeploymentState {
  const endedAt = new Date();
  return {
    service,
    version,
    strategy,
    status: 'failed',
    startedAt,
    endedAt,
    error: messageOf(thrown),
    metadata: {},
  };
}

function oneTarget(serviceName: string): DeploymentTarget[] {
  return [{ id: serviceName }];
}

function nameOf(steps: StepsFunction): string {
  return steps.name === '' ? 'custom' : steps.name;
}
