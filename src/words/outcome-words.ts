/** The ways a deployment ends, as words and colours. */
import type { DeploymentOutcome } from '../domain/event.ts';
import type { Paint } from './paint.ts';

export interface OutcomeWords {
  readonly symbol: string;
  /** `completed`, `rolled back`. */
  readonly title: string;
}

/** An outcome in its colour. */
export function outcomeWords(outcome: DeploymentOutcome, paint: Paint): OutcomeWords {
  const { done, failed, back } = paint.symbols;
  switch (outcome) {
    case 'completed':
      return { symbol: paint.good(done), title: paint.good('completed') };
    case 'failed':
      return { symbol: paint.bad(failed), title: paint.bad('failed') };
    case 'rolled-back':
      return { symbol: paint.waiting(back), title: paint.waiting('rolled back') };
    case 'aborted':
      return { symbol: paint.waiting(back), title: paint.waiting('aborted') };
  }
}
