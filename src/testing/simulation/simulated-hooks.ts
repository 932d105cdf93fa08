import type { OperationContext } from '../../domain/operation.ts';
import type { HookStep } from '../../domain/step.ts';
import type { HookRunner, HookSubject } from '../../hooks/hook-runner.ts';
import type { Caller, Wire } from './wire.ts';

/** One run of a hook, as it was told. */
export interface HookRun {
  readonly name: string;
  readonly subject: HookSubject;
}

/** Hooks that do nothing but note that they ran. */
export class SimulatedHooks implements HookRunner {
  readonly #runs: HookRun[];
  readonly #wire: Wire;
  readonly #caller: Caller;

  /** @param runs where each run is added */
  constructor(runs: HookRun[], wire: Wire, caller: Caller) {
    this.#runs = runs;
    this.#wire = wire;
    this.#caller = caller;
  }

  run({ name }: HookStep, subject: HookSubject, { signal }: OperationContext): Promise<void> {
    const call = { name: 'hook', target: null, release: null } as const;
    return this.#wire.call(this.#caller, call, signal, () => {
      this.#runs.push({ name, subject });
    });
  }
}
