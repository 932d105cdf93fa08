import type { OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import { UnreachableError } from '../../errors.ts';
import type { Instance, Platform } from '../../platforms/platform.ts';
import type { EffectCall, EffectRecorder } from './effects.ts';
import type { Faults } from './faults.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import type { Caller, Wire } from './wire.ts';
import type { World } from './world.ts';

/** Which targets nobody reaches, and who counts how often that was seen. */
export interface Reach {
  readonly away: ReadonlySet<string>;
  readonly faults: Faults;
}

/** The simulated world as one controller's platform. */
export class SimulatedPlatform implements Platform {
  readonly name = 'simulated';
  readonly beside: boolean;
  readonly #world: World;
  readonly #wire: Wire;
  readonly #caller: Caller;
  readonly #effects: EffectRecorder;
  readonly #reach: Reach;

  constructor(
    world: World,
    wire: Wire,
    caller: Caller,
    effects: EffectRecorder,
    reach: Reach,
    beside: boolean,
  ) {
    this.#world = world;
    this.#wire = wire;
    this.#caller = caller;
    this.#effects = effects;
    this.#reach = reach;
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
    const { away } = this.#reach;
    const { there, lost } = await this.#wire.call(this.#caller, call, context.signal, () => {
      const wanted = new Set(targets.filter((id) => !away.has(id)));
      for (const id of wanted) this.#world.seen(id);
      const instances = [...this.#world.instances].filter((one) => wanted.has(one.target));
      return {
        // What it says is how it was when the call arrived, whatever happens on the way back.
        there: instances.map((instance) => ({ instance, told: instanceOf(instance) })),
        lost: targets.filter((id) => away.has(id)),
      };
    });
    for (const { instance, told } of there) if (told.state === 'exited') instance.seenSick = true;
    const seen = there.map(({ told }) => told);
    if (lost.length === 0) return seen;
    throw new UnreachableError('simulated absence', {
      unreachable: new Map(lost.map((id) => [id, this.#unreachable(id)])),
      seen,
    });
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
    return this.#wire.call(this.#caller, { name, target, release }, signal, () => {
      if (this.#reach.away.has(target)) throw this.#unreachable(target);
      takePlace(work);
    });
  }

  #unreachable(target: string): UnreachableError {
    this.#reach.faults.strikes('unreachable');
    return new UnreachableError(`${target} cannot be reached, as simulated`);
  }
}

export function instanceOf(instance: SimulatedInstance): Instance {
  const { target, release, address, startedAt, state, restarts } = instance;
  const evidence = state === 'exited' ? { evidence: { exitCode: 1 } } : {};
  return { target, release, address, startedAt, state, restarts, ...evidence };
}
