/**
 * The deployments that run in this process. Each has a lease of its own; whoever begins one is answered as soon as it
 * is in the journal, and what becomes of it then is told by its journal. When the server stops they are left as they
 * are, for whoever takes them up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { holderInWords } from '../../domain/holder.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { EngineOptions } from '../../engine/engine.ts';
import { FencedError, InvalidPlanStateError, LeaseHeldError, messageOf } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { EndOfRollout } from '../../project/end-of-rollout.ts';
import { holderName } from '../../project/holder.ts';
import { whoami } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { Begun } from '../operations.ts';

/** In the names under which servers hold leases. */
const SERVER = '(server)';

/** Whether a controller, by its name, was a server: what that has left, another server may go on with. */
export function isServer(controller: string): boolean {
  return holderInWords(controller).includes(` ${SERVER} pid `);
}

export class Runs {
  readonly #journal: Journal;
  readonly #log: (line: string) => void;
  readonly #leaving = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #ids = new Set<string>();

  constructor(journal: Journal, log: (line: string) => void) {
    this.#journal = journal;
    this.#log = log;
  }

  has(deployment: string): boolean {
    return this.#ids.has(deployment);
  }

  /** Ids of those that run here. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /**
   * Begins a deployment, or takes one up, with these engine options. Resolves once it is this process's to act on.
   * @throws what `begin` rejects with before that
   */
  async begin(
    deployer: ServiceDeployer,
    begin: (options: EngineOptions) => Promise<DeploymentState>,
  ): Promise<Begun> {
    this.#leaving.signal.throwIfAborted();
    const end = new EndOfRollout(deployer, this.#journal, this.#log);
    let id: string | null = null;
    let begun: (deployment: string) => void = () => {};
    const beginning = new Promise<Begun>((resolve) => {
      begun = (deployment) => resolve({ deployment });
    });
    const running = begin({
      holder: holderName(`${whoami()} ${SERVER}`),
      finish: end.prune,
      signal: this.#leaving.signal,
      onBegun: (deployment) => {
        id = deployment;
        this.#ids.add(deployment);
        begun(deployment);
      },
    });
    const ended = running
      .then(
        () => end.sweep(),
        (error: unknown) => {
          if (id !== null) this.#tell(id, error);
        },
      )
      .finally(() => {
        this.#running.delete(ended);
        if (id !== null) this.#ids.delete(id);
      });
    this.#running.add(ended);
    // One that had ended before it could be taken up is never begun here.
    return Promise.race([beginning, running.then((state): Begun => ({ deployment: state.id }))]);
  }

  /** Leaves them where they are; resolves when all have been let go, or after `withinMs`. */
  async leave(withinMs: number): Promise<void> {
    this.#leaving.abort(new StoppingError());
    const late = new AbortController();
    await Promise.race([
      Promise.all(this.#running),
      sleep(withinMs, undefined, { signal: late.signal }).catch(() => {}),
    ]);
    late.abort();
    if (this.#running.size > 0) this.#log(`${this.ids.join(', ')}: not let go within ${withinMs} ms`);
  }

  #tell(id: string, error: unknown): void {
    if (error instanceof StoppingError) {
      this.#log(`${id} is left as it is, for whoever takes it up`);
    } else if (error instanceof FencedError || error instanceof LeaseHeldError) {
      this.#log(`${id} is another controller's now: ${messageOf(error)}`);
    } else {
      this.#log(`${id} stays in the middle: ${messageOf(error)}`);
    }
  }
}

/** Nothing more is begun here. */
class StoppingError extends InvalidPlanStateError<null> {
  constructor() {
    super('the server is stopping', 'stopping', null, { remedy: 'Ask again once it is back.' });
  }
}
