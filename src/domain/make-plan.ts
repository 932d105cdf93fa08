/** Making a plan, its digest, and the checks that a plan must pass before it is executed. Pure. */
import { createHash } from 'node:crypto';
import { InvalidInputError, InvalidPlanError, StalePlanError } from '../errors.ts';
import type { Amount } from './amount.ts';
import { assertName, assertTargetId, assertVersion } from './names.ts';
import { countPeople } from './person.ts';
import type { Plan } from './plan.ts';
import type { Policy } from './policy.ts';
import type { GateStep, Step } from './step.ts';

/** Everything of a plan but its digest. */
export type PlanDraft = Omit<Plan, 'digest'>;

/** Checks a draft and seals it with its digest. Throws `InvalidInputError` or `InvalidPlanError`. */
export function makePlan(draft: PlanDraft): Plan {
  assertName('service', draft.service);
  assertName('environment', draft.environment);
  assertVersion(draft.release.version);
  assertTargets(draft);
  assertPolicy(draft.policy);
  assertSteps(draft);
  return { ...draft, digest: digestOf(draft) };
}

/** SHA-256, hex, over everything in the plan. */
export function digestOf(plan: PlanDraft): string {
  const targets = plan.targets.map(({ id, from, leaving }) => `${id}\n${from ?? ''}\n${leaving ? 1 : 0}`);
  const rest = [
    plan.service,
    plan.environment,
    plan.release,
    plan.previous,
    plan.strategy,
    plan.steps,
    plan.hooksOnFailure,
    plan.capabilities,
    plan.policy,
    plan.createdAt,
  ];
  return createHash('sha256')
    .update(targets.join('\n'))
    .update('\0')
    .update(JSON.stringify(rest))
    .digest('hex');
}

/** Throws `InvalidPlanError` when the plan is not the one that its digest was made for. */
export function assertUnedited(plan: Plan): void {
  if (digestOf(plan) === plan.digest) return;
  throw new InvalidPlanError('the plan was edited after it was made: its digest does not fit', {
    remedy: 'Make a new plan; what was approved is exactly what is executed.',
  });
}

/**
 * Throws `StalePlanError` when the fleet is not what the plan was made for.
 * @param observed release id by target id, for targets that run one
 * @param unseen by target id, those of which nothing can be said. Default none
 */
export function assertCurrent(
  plan: Plan,
  observed: ReadonlyMap<string, string>,
  unseen: ReadonlyMap<string, unknown> = new Map(),
): void {
  const differences: string[] = [];
  for (const { id, from } of plan.targets) {
    if (unseen.has(id)) continue;
    const runs = observed.get(id) ?? null;
    if (runs !== from) differences.push(`${id}: the plan saw ${from ?? 'nothing'}, now ${runs ?? 'nothing'}`);
  }
  if (differences.length === 0) return;
  const shown = differences.slice(0, 5).join('; ');
  const more = differences.length > 5 ? ` and ${differences.length - 5} more` : '';
  throw new StalePlanError(`the fleet has changed since the plan was made: ${shown}${more}`, differences, {
    remedy: 'Make a new plan.',
  });
}

function assertTargets({ targets, release, previous }: PlanDraft): void {
  const seen = new Set<string>();
  for (const { id, from } of targets) {
    assertTargetId(id);
    if (from !== null && from !== release.id && previous[from] === undefined) {
      throw new InvalidPlanError(
        `target ${JSON.stringify(id)} runs ${from}, which is not among the previous releases`,
        { remedy: 'Put every release that a target may have to go back to into `previous`.' },
      );
    }
    if (seen.has(id)) {
      throw new InvalidInputError(`two targets have the id ${JSON.stringify(id)}`, {
        remedy: 'Give each target an id of its own.',
      });
    }
    seen.add(id);
  }
}

/** The least that each number of a policy may be. */
const LEAST: Readonly<
  Record<Exclude<keyof Policy, 'onFailure' | 'maxFailuresPerBatch' | 'leastAvailable' | 'timeoutsMs'>, number>
> = {
  maxFailures: 0,
  minAvailable: 0,
  concurrency: 1,
  maxAttempts: 1,
  backoffMs: 0,
  checkIntervalMs: 1,
  capacityTimeoutMs: 0,
  pauseTimeoutMs: 0,
  keepReleases: 1,
};

function assertPolicy(policy: Policy): void {
  for (const [name, least] of Object.entries(LEAST)) {
    assertWhole(`policy.${name}`, policy[name as keyof typeof LEAST], least);
  }
  if (policy.leastAvailable !== undefined) assertWhole('policy.leastAvailable', policy.leastAvailable, 0);
  assertAmount('policy.maxFailuresPerBatch', policy.maxFailuresPerBatch);
  for (const [name, ms] of Object.entries(policy.timeoutsMs)) assertWhole(`policy.timeoutsMs.${name}`, ms, 1);
}

function assertWhole(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidPlanError(`${what}: ${value} is not a whole number of ${least} or more`);
}

function assertAmount(what: string, amount: Amount | undefined): void {
  if (amount === undefined) return;
  if (typeof amount === 'number') {
    assertWhole(what, amount, 0);
  } else if (!/^\d{1,3}(\.\d+)?%$/.test(amount) || Number(amount.slice(0, -1)) > 100) {
    throw new InvalidPlanError(`${what}: ${amount} is not 0% to 100%`);
  }
}

function assertSteps(draft: PlanDraft): void {
  const ids = new Set(draft.targets.map((target) => target.id));
  const updated = new Set<string>();
  for (const [index, step] of draft.steps.entries()) {
    const wrong = whatIsWrong(step, draft, ids, updated);
    if (wrong !== null) {
      throw new InvalidPlanError(`steps[${index}] (${step.kind}): ${wrong}`, {
        remedy: `Look at the strategy ${JSON.stringify(draft.strategy.name)} that wrote it.`,
      });
    }
  }
}

function whatIsWrong(
  step: Step,
  draft: PlanDraft,
  ids: ReadonlySet<string>,
  updated: Set<string>,
): string | null {
  switch (step.kind) {
    case 'update':
      if (step.direction !== 'forward')
        return 'a plan only goes forward; a rollback is worked out when needed';
      if (step.mode !== 'in-place' && !draft.capabilities.beside) {
        return `mode ${step.mode} needs a platform that runs two releases side by side`;
      }
      for (const id of step.targets) {
        if (!ids.has(id)) return `there is no target ${JSON.stringify(id)}`;
        if (updated.has(id)) return `target ${JSON.stringify(id)} is updated twice`;
        updated.add(id);
      }
      return null;
    case 'shift':
      if (!draft.capabilities.routed) return 'there is no router to shift traffic';
      return step.percent >= 0 && step.percent <= 100 ? null : `${step.percent} is not 0 to 100 percent`;
    case 'bake':
      return isDuration(step.durationMs) ? null : `durationMs ${step.durationMs} is not 0 or more`;
    case 'gate':
      return isDuration(step.deadlineMs)
        ? whatIsWrongWithApprovals(step)
        : `deadlineMs ${step.deadlineMs} is not 0 or more`;
    case 'hook':
      return step.command.length > 0 ? null : 'its command is empty';
    case 'retire':
      return step.side === 'old' ? null : 'a plan only retires the old';
    case 'stage':
    case 'verify':
      return null;
    default:
      return `there is no such kind of step`;
  }
}

/** A gate that nobody, or not enough people, could ever pass is a mistake. */
export function whatIsWrongWithApprovals({
  approvals = 1,
  approvers,
}: Pick<GateStep, 'approvals' | 'approvers'>): string | null {
  if (!Number.isSafeInteger(approvals) || approvals < 1) return `approvals ${approvals} is not 1 or more`;
  if (approvers === undefined) return null;
  const people = countPeople(approvers);
  if (people === 0) return 'approvers is empty: nobody may approve';
  if (people >= approvals) return null;
  return `${approvals} approvals, and only ${people} who may approve (${approvers.join(', ')})`;
}

function isDuration(ms: number): boolean {
  return Number.isFinite(ms) && ms >= 0;
}
