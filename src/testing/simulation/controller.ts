import type { Clock } from '../../domain/clock.ts';
import type { DeploymentState } from '../../domain/state.ts';
import { Engine } from '../../engine/engine.ts';
import type { Ports } from '../../engine/ports.ts';
import type { Caller } from './wire.ts';

/** How a controller's run came to its end. */
export type Ending =
  | { readonly how: 'returned'; readonly state: DeploymentState }
  | { readonly how: 'threw'; readonly error: unknown }
  /** It was killed: nobody hears anything any more. */
  | { readonly how: 'killed' };

/**
 * A process that runs the engine. It can be killed, as by SIGKILL: from then on none of its code runs. It can
 * be frozen, as by SIGSTOP: what it asked for goes on, but it hears of nothing until it is thawed.
 */
export class Controller implements Caller {
  readonly name: string;
  readonly #clock: Clock;
  #life: 'alive' | 'frozen' | 'dead' = 'alive';
  readonly #unheard: (() => void)[] = [];
  #onKilled: () => void = () => {};

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  get isGone(): boolean {
    return this.#life === 'dead';
  }

  get isFrozen(): boolean {
    return this.#life === 'frozen';
  }

  kill(): void {
    if (this.isGone) return;
    this.#life = 'dead';
    this.#unheard.length = 0;
    this.#onKilled();
  }

  freeze(): void {
    if (this.#life === 'alive') this.#life = 'frozen';
  }

  thaw(): void {
    if (this.#life !== 'frozen') return;
    this.#life = 'alive';
    for (const hear of this.#unheard.splice(0)) hear();
  }

  /** Runs the engine until it has ended in whatever way. */
  run(ports: Ports, what: (engine: Engine) => Promise<DeploymentState>): Promise<Ending> {
    const killed = new Promise<Ending>((resolve) => {
      this.#onKilled = () => resolve({ how: 'killed' });
    });
    const ended = what(new Engine(ports, { holder: this.name })).then(
      (state): Ending => ({ how: 'returned', state }),
      (error: unknown): Ending => ({ how: 'threw', error }),
    );
    return Promise.race([ended, killed]);
  }

  /** The clock as this process sees it. */
  get clock(): Clock {
    return {
      now: () => this.#clock.now(),
      elapsed: () => this.#clock.elapsed(),
      schedule: (delayMs, callback) => this.#clock.schedule(delayMs, () => this.#hear(callback)),
    };
  }

  /** The port as this process sees it: every answer comes only as long as the process lives. */
  through<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => this.#deliver(() => Reflect.apply(member, target, args) as unknown);
      },
    });
  }

  #deliver(call: () => unknown): Promise<unknown> {
    if (this.isGone) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      Promise.resolve(call()).then(
        (answer) => this.#hear(() => resolve(answer)),
        (reason: unknown) =>
          this.#hear(() => reject(reason instanceof Error ? reason : new Error(String(reason)))),
      );
    });
  }

  #hear(callback: () => void): void {
    if (this.#life === 'dead') return;
    if (this.#life === 'frozen') this.#unheard.push(callback);
    else callback();
  }
}
