import type { OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import type { Instance, Platform } from '../../platforms/platform.ts';
import type { EffectCall, EffectRecorder } from './effects.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import type { Caller, Wire } from './wire.ts';
import type { World } from './world.ts';

/** The simulated world as one controller's platform. */
export class SimulatedPlatform implements Platform {
  readonly name = 'simulated';
  readonly beside: boolean;
  readonly #world: World;
  readonly #wire: Wire;
  readonly #caller: Caller;
  readonly #effects: EffectRecorder;

  constructor(world: World, wire: Wire, caller: Caller, effects: EffectRecorder, beside: boolean) {
    this.#world = world;
    this.#wire = wire;
    this.#caller = caller;
    this.#effects = effects;
    this.beside = beside;
  }

  stage(target: string, release: Release, context: OperationContext): Promise<void> {
    return this.#change('stage', target, release.id, context, {}, (world) => world.stage(target, release.id));
  }

  activate(target: string, release: Release, context: OperationContext): Promise<void> {
    return this.#change('activate', target, release.id, context, {}, (world) => {
      world.activate(target, release.id);
    });
  }

  stop(target: string, release: Release, context: OperationContext): Promise<void> {
    return this.#change('stop', target, release.id, context, {}, (world) => world.stop(target, release.id));
  }

  prune(target: string, _service: string, keep: readonly string[], context: OperationContext): Promise<void> {
    return this.#change('prune', target, null, context, { keep }, (world) => world.prune(target, keep));
  }

  async inspect(
    _service: string,
    targets: readonly string[],
    context: OperationContext,
  ): Promise<Instance[]> {
    const target = targets.length === 1 ? (targets[0] as string) : null;
    const call = { name: 'inspect', target, release: null } as const;
    const seen = await this.#wire.call(this.#caller, call, context.signal, () => {
      const wanted = new Set(targets);
      for (const id of wanted) this.#world.seen(id);
      const there = [...this.#world.instances].filter((one) => wanted.has(one.target));
      // What it says is how it was when the call arrived, whatever happens on the way back.
      return there.map((instance) => ({ instance, told: instanceOf(instance) }));
    });
    for (const { instance, told } of seen) if (told.state === 'exited') instance.seenSick = true;
    return seen.map(({ told }) => told);
  }

  async logTail(target: string, release: Release): Promise<string[]> {
    return [`${release.version} on ${target}: simulated log`];
  }

  #change(
    name: 'stage' | 'activate' | 'stop' | 'prune',
    target: string,
    release: string | null,
    { signal }: OperationContext,
    more: Pick<EffectCall, 'keep'>,
    work: (world: World) => void,
  ): Promise<void> {
    const takePlace = this.#effects.begin({ by: this.#caller.name, call: name, target, release, ...more });
    return this.#wire.call(this.#caller, { name, target, release }, signal, () => takePlace(work));
  }
}

export function instanceOf(instance: SimulatedInstance): Instance {
  const { target, release, address, startedAt, state, restarts } = instance;
  const evidence = state === 'exited' ? { evidence: { exitCode: 1 } } : {};
  return { target, release, address, startedAt, state, restarts, ...evidence };
}
