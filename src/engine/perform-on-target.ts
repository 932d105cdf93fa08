/** Operations on one target that take more than one call: waiting until healthy, and admitting. */

import { type Evidence, OperationError } from '../errors.ts';
import type { CheckSubject } from '../health/health-check.ts';
import type { Instance } from '../platforms/platform.ts';
import { type Performance, releaseOf, targetId } from './perform.ts';

const LOOK_AGAIN_MS = 200;
const LOG_LINES = 15;

/** Waits until the instance is healthy; an instance that ends meanwhile is not waited for any longer. */
export async function probe(performance: Performance): Promise<void> {
  const { ports, handle } = performance;
  if (ports.health === null) return;
  const first = await lookUp(performance);
  refuseEnded(first, first);
  const subject = subjectOf(first);
  const waiting = new AbortController();
  const giveUp = () => waiting.abort();
  handle.signal.addEventListener('abort', giveUp, { once: true });
  let ended: unknown = null;
  const stopWatching = watch(performance, first, (reason) => {
    ended = reason;
    waiting.abort();
  });
  try {
    await ports.health.waitUntilHealthy(subject, waiting.signal);
  } catch (unhealthy) {
    throw await withLog(performance, ended ?? unhealthy);
  } finally {
    stopWatching();
    handle.signal.removeEventListener('abort', giveUp);
  }
}

/** Puts the instance into the router's pool, with the split that holds now. */
export async function admit(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  if (ports.router === null) return;
  const { plan } = state;
  const instance = await lookUp(performance);
  if (instance.address === undefined) {
    throw new OperationError(`${instance.target} listens nowhere, so no traffic can be sent to it`);
  }
  const backend = { target: instance.target, release: instance.release, address: instance.address };
  const split = state.split === null ? null : { release: plan.release.id, percent: state.split };
  await ports.router.admit(plan.service, backend, split, handle);
}

async function lookUp(performance: Performance): Promise<Instance> {
  const { ports, state, handle } = performance;
  const target = targetId(performance);
  const release = releaseOf(performance);
  const instances = await ports.platform.inspect(state.plan.service, [target], handle);
  const found = instances.find((instance) => instance.release === release.id);
  if (found === undefined) throw new OperationError(`${release.version} does not run on ${target}`);
  return found;
}

/** An instance as checks are asked about it. */
export function subjectOf({ target, address, startedAt }: Instance): CheckSubject {
  return { target, ...(address ? { address } : {}), ...(startedAt === undefined ? {} : { startedAt }) };
}

/** Looks at the instance now and then; calls `onEnd` when it ended or was restarted after a crash. */
function watch(performance: Performance, first: Instance, onEnd: (reason: unknown) => void): () => void {
  const { clock } = performance.ports;
  let cancel: (() => void) | null = null;
  const again = () => {
    cancel = clock.schedule(LOOK_AGAIN_MS, () => void look());
  };
  const look = async () => {
    try {
      refuseEnded(await lookUp(performance), first);
    } catch (reason) {
      if (cancel !== null) onEnd(reason);
      return;
    }
    if (cancel !== null) again();
  };
  again();
  return () => {
    cancel?.();
    cancel = null;
  };
}

function refuseEnded(now: Instance, first: Instance): void {
  const crashed = (now.restarts ?? 0) > (first.restarts ?? 0);
  if (now.state !== 'exited' && !crashed) return;
  throw new OperationError(`${now.target} ended instead of becoming healthy${howItEnded(now.evidence)}`, {
    ...(now.evidence === undefined ? {} : { evidence: now.evidence }),
    retryable: false,
  });
}

/** ` (exit code 3)`, ` (SIGKILL)`, or nothing. */
export function howItEnded(evidence: Evidence | undefined): string {
  if (evidence?.signal !== undefined) return ` (${evidence.signal})`;
  return evidence?.exitCode === undefined ? '' : ` (exit code ${evidence.exitCode})`;
}

/** The same failure with the tail of the service's log beside it. */
async function withLog(performance: Performance, thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof OperationError) || thrown.evidence.log !== undefined) return thrown;
  const log = await performance.ports.platform
    .logTail(targetId(performance), releaseOf(performance), LOG_LINES)
    .catch(() => []);
  if (log.length === 0) return thrown;
  const { message, remedy, retryable, cause, evidence } = thrown;
  return new OperationError(message, {
    cause,
    retryable,
    evidence: { ...evidence, log },
    ...(remedy === undefined ? {} : { remedy }),
  });
}
