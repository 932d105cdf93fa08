/** Commands that a person may want to type next, each with what it does. */

import { waitsForPerson } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { Paint } from '../../words/paint.ts';
import { command } from '../../words/typed-command.ts';
import { padEnd, visibleWidth } from './text.ts';

export interface Offer {
  readonly typed: string;
  readonly does: string;
}

/** What a deployment that has not ended waits for: a person's answer, or anybody to go on with it. */
export function offersToGoOn(state: DeploymentState): Offer[] {
  const { id, paused } = state;
  const abort = { typed: command('abort', id), does: 'goes back' };
  if (paused !== null) {
    switch (paused.cause.kind) {
      case 'failure':
        return [{ typed: command('retry', id), does: 'tries again' }, abort];
      case 'inconclusive':
        return [{ typed: command('promote', id), does: 'goes on all the same' }, abort];
      default:
        return [{ typed: command('resume', id), does: 'goes on' }, abort];
    }
  }
  if (waitsForPerson(state)) {
    return [
      { typed: command('approve', id), does: 'goes on' },
      { typed: command('reject', id), does: 'goes back' },
    ];
  }
  const resume = { typed: command('resume', id), does: 'goes on' };
  // Once it has stopped there is nothing to abort any more.
  return state.stopped ? [resume] : [resume, abort];
}

/** In one line. */
export function offersInLine(offers: readonly Offer[], paint: Paint): string {
  return offers.map(({ typed, does }) => `${paint.hint(typed)} ${paint.dim(does)}`).join('   ');
}

/** A line each, with what they do aligned. */
export function offerLines(offers: readonly Offer[], paint: Paint): string[] {
  const width = Math.max(0, ...offers.map(({ typed }) => visibleWidth(typed)));
  return offers.map(({ typed, does }) => `${padEnd(paint.hint(typed), width)}  ${paint.dim(does)}`);
}
