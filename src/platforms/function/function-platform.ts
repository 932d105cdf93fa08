/**
 * The platform behind a deploy function of the user's: `deployFn(target, version)` brings a target to a
 * version, however it likes. What runs where is what the function last succeeded with.
 */
import type { Release } from '../../domain/release.ts';
import { messageOf, OperationError } from '../../errors.ts';
import type { Instance, Platform } from '../platform.ts';

/** A place to deploy to, in the words of the specification. */
export interface DeploymentTarget {
  readonly id: string;
  /** For people; default the id. */
  readonly name?: string;
  readonly address?: string;
  healthy?: boolean;
  /** What it runs; set after each successful deployment to it. */
  version?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Brings a target to a version. Returning `false`, or throwing, fails that target. */
export type DeployFunction = (
  target: DeploymentTarget,
  version: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing has succeeded
) => boolean | void | Promise<boolean | void>;

export class FunctionPlatform implements Platform {
  readonly name = 'function';
  readonly beside = false;
  readonly #targets: ReadonlyMap<string, DeploymentTarget>;
  readonly #deployFn: DeployFunction;
  readonly #releaseOf: (version: string) => Release;

  constructor(
    targets: readonly DeploymentTarget[],
    deployFn: DeployFunction,
    releaseOf: (version: string) => Release,
  ) {
    this.#targets = new Map(targets.map((target) => [target.id, target]));
    this.#deployFn = deployFn;
    this.#releaseOf = releaseOf;
  }

  async activate(id: string, release: Release): Promise<void> {
    const target = this.#target(id);
    const { version } = release;
    let succeeded: unknown;
    try {
      succeeded = await this.#deployFn(target, version);
    } catch (thrown) {
      throw new OperationError(messageOf(thrown), { cause: thrown });
    }
    if (succeeded === false) throw new OperationError(`the deploy function returned false for ${version}`);
    target.version = version;
  }

  async inspect(_service: string, ids: readonly string[]): Promise<Instance[]> {
    const instances: Instance[] = [];
    for (const id of ids) {
      const { version } = this.#target(id);
      if (version === undefined) continue;
      instances.push({ target: id, release: this.#releaseOf(version).id, state: 'running' });
    }
    return instances;
  }

  /** There is nothing to put anywhere beforehand: the function does it all. */
  async stage(): Promise<void> {}

  /** There is no way to stop what a function has started: only to replace it. */
  async stop(): Promise<void> {}

  async prune(): Promise<void> {}

  async logTail(): Promise<string[]> {
    return [];
  }

  #target(id: string): DeploymentTarget {
    const target = this.#targets.get(id);
    if (target === undefined) throw new OperationError(`there is no target ${JSON.stringify(id)}`);
    return target;
  }
}
