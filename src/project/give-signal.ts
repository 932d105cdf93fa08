/**
 * The signals that people give a deployment: a row in the journal, which its controller obeys. Refused here already
 * where its state cannot take it, with what to do instead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentEvent, Signal, SignalName } from '../domain/event.ts';
import { fold, whyRefused } from '../domain/evolve.ts';
import type { DeploymentState } from '../domain/state.ts';
import { InvalidInputError, SignalRefusedError, StalePlanError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { remedyFor } from './signal-remedies.ts';
import { storyOf } from './unfinished.ts';

/** A controller looks for signals five times a second. */
export const RECEIVED_WITHIN_MS = 5_000;
const POLL_MS = 50;

export interface SignalAsked {
  readonly name: SignalName;
  readonly by: string;
  readonly reason?: string;
  /** Of `promote`. */
  readonly full?: boolean;
  /** The beginning of the digest of the plan that the person saw. */
  readonly plan?: string;
}

/** A signal, and what became of it. */
export type SignalGiven =
  /** It is in the journal; the controller has not taken it yet. */
  | { readonly is: 'left'; readonly signal: Signal; readonly number: number }
  /** What they want is so already. */
  | { readonly is: 'done'; readonly signal: Signal; readonly state: DeploymentState }
  /** @param state as it was right after the signal */
  | { readonly is: 'received'; readonly signal: Signal; readonly state: DeploymentState };

/**
 * Leaves the signal in the journal, unless what they want is so already.
 * @throws SignalRefusedError when the deployment cannot take it, StalePlanError when it executes another plan than they
 *   saw, InvalidInputError, DeploymentNotFoundError
 */
export async function giveSignal(
  journal: Journal,
  id: string,
  { name, by, reason, full, plan }: SignalAsked,
): Promise<SignalGiven> {
  const state = fold(id, await storyOf(journal, id));
  const { digest } = state.plan;
  if (plan !== undefined) refuseOtherPlan(state, plan);
  const signal: Signal = {
    signal: name,
    by,
    digest,
    ...(reason === undefined ? {} : { reason }),
    ...(full === true ? { full } : {}),
  };
  if (isWhatTheyWant(name, state)) return { is: 'done', signal, state };
  const refused = whyRefused(state, signal);
  if (refused !== null) throw cannot(name, state, refused);
  return { is: 'left', signal, number: await journal.signal(id, signal, Date.now()) };
}

/**
 * Waits until the controller has taken what was left, `RECEIVED_WITHIN_MS` at most.
 * @throws SignalRefusedError when it could not be obeyed any more
 */
export async function untilReceived(
  journal: Journal,
  id: string,
  given: SignalGiven & { is: 'left' },
): Promise<SignalGiven> {
  const { signal, number } = given;
  const { signal: name } = signal;
  const deadline = Date.now() + RECEIVED_WITHIN_MS;
  const story: DeploymentEvent[] = [];
  while (Date.now() < deadline) {
    for (const { event } of await journal.read(id, story.length)) {
      story.push(event);
      if (event.type !== 'signal-received' || event.id !== number) continue;
      const state = fold(id, story);
      if (event.refused !== undefined) throw cannot(name, state, event.refused);
      return { is: 'received', signal, state };
    }
    const last = story.at(-1);
    if (last?.type === 'deployment-finished') {
      const state = fold(id, story);
      if (isWhatTheyWant(name, state)) return { is: 'done', signal, state };
      throw cannot(name, state, `it has ended before: ${last.outcome}`);
    }
    await sleep(POLL_MS);
  }
  return given;
}

/** Throws `StalePlanError` when the person has seen another plan than the one that is executed. */
function refuseOtherPlan({ id, plan: { digest } }: DeploymentState, seen: string): void {
  if (!/^[0-9a-f]{4,64}$/.test(seen)) {
    throw new InvalidInputError(`${JSON.stringify(seen)} is not the digest of a plan`, {
      remedy:
        'Give at least the first 4 characters of the digest that `sluice plan` or `sluice show` printed.',
    });
  }
  if (digest.startsWith(seen)) return;
  const message = `${id} executes plan ${digest.slice(0, 8)}, not ${seen.slice(0, 8)}`;
  throw new StalePlanError(message, [], { remedy: `See what it does: sluice show ${id}.` });
}

/** To abort what is back already needs nothing more. */
function isWhatTheyWant(name: SignalName, { outcome }: DeploymentState): boolean {
  return name === 'abort' && (outcome === 'aborted' || outcome === 'rolled-back');
}

function cannot(name: SignalName, state: DeploymentState, why: string): SignalRefusedError {
  return new SignalRefusedError(`cannot ${name} ${state.id}: ${why}`, { remedy: remedyFor(name, state) });
}
