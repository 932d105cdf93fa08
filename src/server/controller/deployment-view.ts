/** A deployment as its page shows it: what it does, what has happened, and what can be asked of it. */
import type { Account } from '../../domain/account.ts';
import { SIGNALS } from '../../domain/event.ts';
import { whyRefused } from '../../domain/evolve.ts';
import { gateOf } from '../../domain/gate.ts';
import { isSamePerson } from '../../domain/person.ts';
import { previewPlan } from '../../domain/preview.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { ReleaseHistory } from '../../project/release-history.ts';
import { isAttended, unfinished } from '../../project/unfinished.ts';
import type { ActionName, DeploymentView } from '../operations.ts';
import type { Accounts } from './accounts.ts';
import type { Deployers } from './deployers.ts';

/** Previews of plans, which take their time, and never change. */
const MOST_KEPT = 32;
const kept = new Map<string, DeploymentView['preview']>();

export interface ViewParts {
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly deployers: Deployers;
}

/** @param by who looks; without it, what a gate allows to somebody is allowed */
export async function viewDeployment(
  { journal, accounts, deployers }: ViewParts,
  id: string,
  by: string | undefined,
): Promise<DeploymentView> {
  const summary = await journal.summary(id);
  const account = await accounts.of(id);
  const { state } = account;
  const isOpen = summary.phase !== 'ended';
  const attended = isOpen && (await isAttended(journal, summary));
  const refused = await refusals(journal, summary, account, by);
  return {
    summary,
    plan: state.plan,
    preview: keptPreview(state),
    account,
    gate: gateOf(state),
    attended,
    url: await urlOf(deployers, summary),
    // Whoever resumes what nobody looks after takes it up.
    refused: isOpen && !attended ? { ...refused, resume: null } : refused,
  };
}

function keptPreview({ plan }: DeploymentState): DeploymentView['preview'] {
  const known = kept.get(plan.digest);
  if (known !== undefined) return known;
  const preview = previewPlan(plan);
  kept.set(plan.digest, preview);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  return preview;
}

async function urlOf(deployers: Deployers, { service, environment }: DeploymentSummary): Promise<string> {
  if (!deployers.has({ service, environment })) return '';
  return (await deployers.of({ service, environment })).url;
}

async function refusals(
  journal: Journal,
  summary: DeploymentSummary,
  { state }: Account,
  by: string | undefined,
): Promise<Record<ActionName, string | null>> {
  const person = by ?? somebodyFor(state);
  const digest = state.plan.digest;
  const ofSignals = SIGNALS.map((signal) => [signal, whyRefused(state, { signal, by: person, digest })]);
  const rollback = await whyNoRollback(journal, summary);
  return { ...(Object.fromEntries(ofSignals) as Record<ActionName, string | null>), rollback };
}

/** Who could still answer the gate, if anybody. No person has the name that is taken where anybody may. */
function somebodyFor(state: DeploymentState): string {
  const gate = gateOf(state);
  const left = gate?.approvers?.find(
    (name) => !gate.approvals.some((approval) => isSamePerson(approval.by, name)),
  );
  return left ?? gate?.approvers?.[0] ?? '?';
}

/** Why the service cannot be rolled back from this deployment; `null` when it can. */
async function whyNoRollback(journal: Journal, summary: DeploymentSummary): Promise<string | null> {
  const { id, service, environment, phase, outcome } = summary;
  const key = { service, environment };
  if (phase !== 'ended') return 'it has not ended: abort takes it back';
  if (outcome === 'rolled-back' || outcome === 'aborted') return 'it has been taken back already';
  const left = await unfinished(journal, key);
  if (left !== null) return `${left.id} (${left.version}) has not ended`;
  const [newest] = await journal.list({ ...key, limit: 1 });
  if (newest !== undefined && newest.id !== id) return `${newest.id} (${newest.version}) came after it`;
  const history = new ReleaseHistory(journal, key);
  try {
    if (outcome === 'completed') await history.before(summary.release);
    else await history.last();
    return null;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}
