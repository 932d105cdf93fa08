/** `DeploymentManager`, the specification's: deploy and roll back services by name, with a history. */
import { type DeploymentState, type DeploymentStrategy, failedState } from './deployment-strategy.ts';
import { messageOf } from './errors.ts';

/** What a manager needs of a strategy: ours have it, so may anybody's own. */
export type ServiceStrategy = Pick<DeploymentStrategy, 'name' | 'execute' | 'rollback'>;

/** Where a manager's words go. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Counts over the whole history. */
export interface DeploymentSummary {
  readonly totalDeployments: number;
  readonly activeServices: number;
  readonly completed: number;
  readonly failed: number;
  readonly rolledBack: number;
}

const SILENT: Logger = { info() {}, warn() {}, error() {} };

export class DeploymentManager {
  readonly #history: DeploymentState[] = [];
  readonly #active = new Map<string, DeploymentState>();
  readonly #logger: Logger;

  /** @param logger default: says nothing; `console` will do */
  constructor(logger: Logger = SILENT) {
    this.#logger = logger;
  }

  /**
   * Deploys a version of a service. Never rejects: what a strategy throws becomes a failed state. Every state
   * goes into the history; only one that did not fail becomes the service's active deployment.
   */
  async deploy(serviceName: string, version: string, strategy: ServiceStrategy): Promise<DeploymentState> {
    const startedAt = new Date();
    const before = this.#active.get(serviceName);
    let state: DeploymentState;
    try {
      const executed = await strategy.execute(serviceName, version);
      state = before === undefined ? executed : { previousVersion: before.version, ...executed };
    } catch (thrown) {
      state = failedState(serviceName, version, strategy.name, startedAt, thrown);
    }
    this.#history.push(state);
    if (state.status === 'failed') {
      this.#logger.error(`${serviceName} ${version} failed: ${state.error ?? 'no reason was given'}`);
    } else {
      this.#active.set(serviceName, state);
      this.#logger.info(`${serviceName} ${version} ${state.status}`);
    }
    return copyOf(state);
  }

  /**
   * Rolls back the active deployment of a service, which is then no longer active; `null` when there is none.
   * One that fails, or whose strategy throws, stays active, so that it can be tried again.
   */
  async rollback(serviceName: string, strategy: ServiceStrategy): Promise<DeploymentState | null> {
    const active = this.#active.get(serviceName);
    if (active === undefined) {
      this.#logger.warn(`${serviceName} has no active deployment to roll back`);
      return null;
    }
    let state: DeploymentState;
    try {
      state = await strategy.rollback(active);
    } catch (thrown) {
      state = failedState(serviceName, active.version, strategy.name, new Date(), thrown);
    }
    this.#history.push(state);
    if (state.status === 'failed') {
      this.#logger.error(
        `${serviceName} could not be rolled back: ${state.error ?? messageOf(state.status)}`,
      );
    } else if (this.#active.get(serviceName) === active) {
      this.#active.delete(serviceName);
    }
    return copyOf(state);
  }

  /** The active deployment of a service: a copy; `null` when there is none. */
  getActive(serviceName: string): DeploymentState | null {
    const active = this.#active.get(serviceName);
    return active === undefined ? null : copyOf(active);
  }

  /** Every deployment and rollback, oldest first: a copy. */
  get history(): DeploymentState[] {
    return this.#history.map(copyOf);
  }

  /** The active deployment of each service: a copy. */
  get activeDeployments(): Map<string, DeploymentState> {
    return new Map([...this.#active].map(([service, state]) => [service, copyOf(state)]));
  }

  summary(): DeploymentSummary {
    const count = (status: DeploymentState['status']) =>
      this.#history.filter((state) => state.status === status).length;
    return {
      totalDeployments: this.#history.length,
      activeServices: this.#active.size,
      completed: count('completed'),
      failed: count('failed'),
      rolledBack: count('rolled-back'),
    };
  }
}

function copyOf(state: DeploymentState): DeploymentState {
  return { ...state, metadata: { ...state.metadata } };
}
