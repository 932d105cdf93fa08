import type { EffectCall, EffectRecorder } from './effects.ts';
import type { CrashPoint } from './watched-journal.ts';
import type { World } from './world.ts';

/** Kills controllers as what they asked for takes place: right before, so that it never does, or right after. */
export class CrashingEffects implements EffectRecorder {
  readonly #recorder: EffectRecorder;
  readonly #kill: (controller: string) => void;
  #crashes: readonly CrashPoint[];
  #effects = 0;

  constructor(recorder: EffectRecorder, crashes: readonly CrashPoint[], kill: (controller: string) => void) {
    this.#recorder = recorder;
    this.#crashes = crashes.filter((crash) => crash.at === 'effect');
    this.#kill = kill;
  }

  /** Effects that took place, or were to. */
  get effects(): number {
    return this.#effects;
  }

  /** No more crashes from now on. */
  rest(): void {
    this.#crashes = [];
  }

  begin(call: EffectCall): (work: (world: World) => void) => void {
    const takePlace = this.#recorder.begin(call);
    return (work) => {
      this.#effects++;
      const crash = this.#crashes.find((one) => one.nth === this.#effects);
      if (crash?.moment === 'before') return this.#kill(call.by);
      takePlace(work);
      if (crash?.moment === 'after') this.#kill(call.by);
    };
  }
}
