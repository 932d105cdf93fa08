import type { OperationContext } from '../../domain/operation.ts';
import type { Backend, Router, RouteStatus, Split } from '../../routers/router.ts';
import type { EffectCall, EffectRecorder } from './effects.ts';
import type { Caller, Wire } from './wire.ts';
import type { World } from './world.ts';

/** The simulated world as one controller's router. */
export class SimulatedRouter implements Router {
  readonly name = 'simulated';
  readonly #world: World;
  readonly #wire: Wire;
  readonly #caller: Caller;
  readonly #effects: EffectRecorder;

  constructor(world: World, wire: Wire, caller: Caller, effects: EffectRecorder) {
    this.#world = world;
    this.#wire = wire;
    this.#caller = caller;
    this.#effects = effects;
  }

  admit(_service: string, backend: Backend, split: Split | null, context: OperationContext): Promise<void> {
    const { target, release } = backend;
    return this.#change({ call: 'admit', target, release }, context, (world) => world.admit(backend, split));
  }

  async drain(
    _service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ abandoned: number }> {
    await this.#change({ call: 'drain', target, release }, context, (world) => world.drain(target, release));
    return { abandoned: 0 };
  }

  shift(_service: string, split: Split | null, context: OperationContext): Promise<void> {
    const percent = split === null ? {} : { percent: split.percent };
    const call = { call: 'shift', target: null, release: split?.release ?? null, ...percent } as const;
    return this.#change(call, context, (world) => world.shift(split));
  }

  inspect(_service: string, { signal }: OperationContext): Promise<RouteStatus> {
    const call = { name: 'inspect', target: null, release: null } as const;
    return this.#wire.call(this.#caller, call, signal, () => {
      const idle = { draining: false, inFlight: 0, requests: 0 };
      return {
        backends: [...this.#world.pool].map((backend) => ({ ...backend, ...idle })),
        split: this.#world.split,
      };
    });
  }

  #change(
    call: Omit<EffectCall, 'by'>,
    { signal }: OperationContext,
    work: (world: World) => void,
  ): Promise<void> {
    const { call: name, target, release } = call;
    const takePlace = this.#effects.begin({ by: this.#caller.name, ...call });
    return this.#wire.call(this.#caller, { name, target, release }, signal, () => takePlace(work));
  }
}
