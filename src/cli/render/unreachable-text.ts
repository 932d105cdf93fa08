/** What is said of targets that could not be reached when a deployment began. */
import type { DeploymentEvent } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Paint } from '../../words/paint.ts';
import { counted, withoutTarget } from '../../words/words.ts';

const MOST_TOLD = 5;

/** A line for each of the first few, and how many more there are. */
export function unreachableLines(
  { unreachable = [] }: Extract<DeploymentEvent, { type: 'deployment-started' }>,
  { targets }: Plan,
  paint: Paint,
): string[] {
  const told = unreachable.slice(0, MOST_TOLD).map(({ target, error }) => {
    const { id = '', leaving } = targets[target] ?? {};
    const what = leaving === true ? 'is to leave, and cannot be reached' : 'is left out';
    return paint.waiting(`${id} ${what}: ${withoutTarget(error, id)}`);
  });
  const more = unreachable.length - MOST_TOLD;
  return more > 0 ? [...told, paint.waiting(`${counted(more, 'more')} cannot be reached`)] : told;
}
