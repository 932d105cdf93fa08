/** `DeploymentOrchestrator`, the specification's: plan, execute, verify, on targets, with a deploy function. */
import {
  type DeploymentResult,
  deployNothing,
  executeThroughFunction,
  planForFunction,
} from './deploy-function.ts';
import type { Plan } from './domain/plan.ts';
import { InvalidPlanError, InvalidPlanStateError } from './errors.ts';
import { type HealthJudge, HealthStatus } from './health/health-check.ts';
import type { HealthChecker } from './health/health-checker.ts';
import { serviceHealth } from './health/service-health.ts';
import type { DeployFunction, DeploymentTarget } from './platforms/function/function-platform.ts';
import type { Strategy } from './strategies/strategy.ts';

export type PlanState = 'draft' | 'approved' | 'executing' | 'completed' | 'failed';
export const PlanState = {
  DRAFT: 'draft',
  APPROVED: 'approved',
  EXECUTING: 'executing',
  COMPLETED: 'completed',
  FAILED: 'failed',
} as const satisfies Record<string, PlanState>;

/** A plan as the orchestrator hands it out. `state` may be set to `APPROVED`; all else is bound by its digest. */
export interface DeploymentPlan {
  readonly version: string;
  /** The targets that were handed in: a list of its own, of the caller's objects. */
  readonly targets: readonly DeploymentTarget[];
  readonly strategy: Strategy;
  state: PlanState;
  readonly createdAt: Date;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Every step that will happen. */
  readonly steps: Plan['steps'];
  readonly digest: string;
}

/** Where the orchestrator stands: a copy. */
export interface DeploymentStatus {
  /** The plan being executed, else the last one that was made. */
  readonly activePlan: DeploymentPlan | null;
  readonly lastResult: DeploymentResult | null;
  readonly lastHealth: HealthStatus | null;
  readonly deploymentsCompleted: number;
  readonly deploymentsFailed: number;
}

export class DeploymentOrchestrator {
  readonly #healthChecker: HealthChecker | null;
  readonly #deployFn: DeployFunction;
  readonly #plans = new WeakMap<DeploymentPlan, Plan>();
  #activePlan: DeploymentPlan | null = null;
  #lastResult: DeploymentResult | null = null;
  #lastHealth: HealthStatus | null = null;
  #completed = 0;
  #failed = 0;

  /**
   * @param healthChecker asked in bakes, in the verify step and by `verifyDeployment`; without it there is
   *   nothing to ask
   * @param deployFn brings a target to a version; default: sets the target's version and succeeds
   */
  constructor(healthChecker: HealthChecker | null = null, deployFn: DeployFunction | null = null) {
    this.#healthChecker = healthChecker;
    this.#deployFn = deployFn ?? deployNothing;
  }

  /**
   * Makes a plan in state DRAFT; nothing moves.
   * @param metadata kept with the plan and its result
   * @throws InvalidInputError for a version or targets that cannot be, InvalidPlanError for a strategy's steps
   */
  planDeployment(
    version: string,
    targets: readonly DeploymentTarget[],
    strategy: Strategy,
    metadata: Readonly<Record<string, unknown>> = {},
  ): DeploymentPlan {
    const checked = this.#healthChecker !== null;
    const sealed = planForFunction({ service: 'targets', version, targets, strategy, checked });
    const plan: DeploymentPlan = {
      version,
      targets: [...targets],
      strategy,
      state: PlanState.DRAFT,
      createdAt: new Date(sealed.createdAt),
      metadata: { ...metadata },
      steps: sealed.steps,
      digest: sealed.digest,
    };
    this.#plans.set(plan, sealed);
    this.#activePlan = plan;
    return plan;
  }

  /**
   * Executes a plan: EXECUTING, then COMPLETED or FAILED. A failure is rolled back, and is a result, not a throw.
   * @throws InvalidPlanStateError unless the plan is DRAFT or APPROVED (also for the second of two calls at once)
   * @throws InvalidPlanError when it is not this orchestrator's plan, or was edited
   * @throws StalePlanError when a target's version has changed since; the plan stays as it was in both cases
   */
  async executeDeployment(plan: DeploymentPlan): Promise<DeploymentResult> {
    const before = plan.state;
    if (before !== PlanState.DRAFT && before !== PlanState.APPROVED) {
      throw new InvalidPlanStateError(`a plan that is ${before} cannot be executed`, before, plan, {
        remedy: 'Make a new plan with planDeployment.',
      });
    }
    const sealed = this.#sealedPlan(plan);
    plan.state = PlanState.EXECUTING;
    this.#activePlan = plan;
    try {
      const { metadata } = plan;
      const result = await executeThroughFunction(
        sealed,
        plan.targets,
        this.#deployFn,
        this.#judge(),
        metadata,
      );
      plan.state = result.success ? PlanState.COMPLETED : PlanState.FAILED;
      if (result.success) this.#completed++;
      else this.#failed++;
      this.#lastResult = result;
      return result;
    } catch (refused) {
      plan.state = before;
      throw refused;
    }
  }

  /** Runs the health checks now; HEALTHY when there is no health checker. */
  async verifyDeployment(): Promise<HealthStatus> {
    this.#lastHealth =
      this.#healthChecker === null ? HealthStatus.HEALTHY : await this.#healthChecker.status();
    return this.#lastHealth;
  }

  getDeploymentStatus(): DeploymentStatus {
    return {
      activePlan:
        this.#activePlan === null ? null : { ...this.#activePlan, targets: [...this.#activePlan.targets] },
      lastResult: this.#lastResult === null ? null : structuredClone(this.#lastResult),
      lastHealth: this.#lastHealth,
      deploymentsCompleted: this.#completed,
      deploymentsFailed: this.#failed,
    };
  }

  #sealedPlan(plan: DeploymentPlan): Plan {
    const sealed = this.#plans.get(plan);
    if (sealed === undefined) {
      throw new InvalidPlanError('this plan was not made by this orchestrator', {
        remedy: 'Execute the very object that planDeployment returned.',
      });
    }
    const same =
      plan.version === sealed.release.version &&
      plan.digest === sealed.digest &&
      plan.steps === sealed.steps &&
      plan.targets.length === sealed.targets.length &&
      plan.targets.every((target, index) => target.id === sealed.targets[index]?.id);
    if (same) return sealed;
    throw new InvalidPlanError('the plan was edited after it was made', { remedy: 'Make a new plan.' });
  }

  /** The checker's checks are asked about the whole: a deploy function has no instances to ask. */
  #judge(): HealthJudge | null {
    if (this.#healthChecker === null) return null;
    return serviceHealth(this.#healthChecker.checks.map((check) => ({ ...check, scope: 'service' })));
  }
}
