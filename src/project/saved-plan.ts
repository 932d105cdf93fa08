import type { Plan } from '../domain/plan.ts';
import { InvalidInputError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';

/**
 * A plan that was kept, by its digest or an unambiguous beginning of it.
 * @throws InvalidInputError when there is none, or more than one
 */
export async function savedPlan(journal: Journal, digest: string): Promise<Plan> {
  const plan = await journal.loadPlan(digest);
  if (plan !== null) return plan;
  throw new InvalidInputError(`no plan has a digest that begins with ${JSON.stringify(digest)}`, {
    remedy: 'Make one with `sluice plan`; it prints the digest.',
  });
}
