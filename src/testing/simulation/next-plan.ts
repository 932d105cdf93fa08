import { makePlan } from '../../domain/make-plan.ts';
import type { Plan, PlannedTarget } from '../../domain/plan.ts';
import { rollingSteps } from '../../strategies/rolling.ts';
import { simulatedRelease } from './releases.ts';

/** The release that the next deployment goes to. */
export const NEXT_RELEASE = simulatedRelease('3.0.0');

/**
 * The plan of the deployment after one that has ended in whatever way: the same targets, one release further.
 * @param running release id by target id, as it is now
 */
export function nextPlan(plan: Plan, running: ReadonlyMap<string, string>, createdAt: number): Plan {
  const { digest: _digest, ...draft } = plan;
  const targets = plan.targets.flatMap(({ id, leaving }): PlannedTarget[] => {
    const from = running.get(id) ?? null;
    if (leaving !== true) return [{ id, from }];
    return from === null ? [] : [{ id, from, leaving }];
  });
  const wanted = targets.filter((target) => target.leaving !== true).map((target) => target.id);
  const strategy = rollingSteps({ batchSize: '50%' });
  const first = targets.every((target) => target.from === null);
  const leaving = wanted.length < targets.length;
  return makePlan({
    ...draft,
    release: NEXT_RELEASE,
    previous: { ...plan.previous, [plan.release.id]: plan.release },
    targets,
    strategy: { name: strategy.name, options: strategy.options },
    steps: strategy.steps({ targets: wanted, first, leaving, can: plan.capabilities }),
    hooksOnFailure: [],
    policy: { ...plan.policy, minAvailable: 0, maxFailures: 0, onFailure: 'rollback' },
    createdAt,
  });
}
