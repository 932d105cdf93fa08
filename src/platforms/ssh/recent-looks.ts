/** What hosts have answered a moment ago, until something is done there from here. */
import type { AnswerLine } from './answer.ts';

interface Sight {
  readonly lines: readonly AnswerLine[];
  /** Of `performance.now()`. */
  readonly at: number;
}

export class RecentLooks {
  /** By target, then by service. */
  readonly #seen = new Map<string, Map<string, Sight>>();

  keep(target: string, service: string, lines: readonly AnswerLine[]): void {
    const ofTarget = this.#seen.get(target) ?? new Map<string, Sight>();
    this.#seen.set(target, ofTarget);
    ofTarget.set(service, { lines, at: performance.now() });
  }

  /** `null` when there is none so young. */
  find(target: string, service: string, atMostMsOld: number): readonly AnswerLine[] | null {
    const sight = this.#seen.get(target)?.get(service);
    return sight !== undefined && performance.now() - sight.at < atMostMsOld ? sight.lines : null;
  }

  /** Something is done there, or was. */
  forget(target: string): void {
    this.#seen.delete(target);
  }
}
