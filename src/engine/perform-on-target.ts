/** Operations on one target that take more than one call: waiting until healthy, and admitting. */

import { OperationError } from '../errors.ts';
import type { Instance } from '../platforms/platform.ts';
import { howItEnded, type Performance, releaseOf, subjectOf, targetId } from './performance.ts';

const LOOK_AGAIN_MS = 200;
/** What starting it has shown will do, before it is looked at again and again. */
const JUST_STARTED_MS = 1_000;
const LOG_LINES = 15;

/** Waits until the instance is healthy; an instance that ends meanwhile is not waited for any longer. */
export async function probe(performance: Performance): Promise<void> {
  const { ports, handle } = performance;
  if (ports.health === null) return;
  const first = await lookUp(performance, JUST_STARTED_MS);
  refuseEnded(first, first);
  const subject = subjectOf(first);
  const waiting = new AbortController();
  const giveUp = () => waiting.abort();
  handle.signal.addEventListener('abort', giveUp, { once: true });
  if (handle.signal.aborted) giveUp();
  let ended: unknown = null;
  const stopWatching = watch(performance, waiting.signal, first, (reason) => {
    ended = reason;
    waiting.abort();
  });
  try {
    await ports.health.waitUntilHealthy(subject, waiting.signal);
  } catch (unhealthy) {
    throw await lastWord(performance, ended ?? unhealthy);
  } finally {
    stopWatching();
    // The look that is under way has nobody any more to tell what it sees.
    waiting.abort();
    handle.signal.removeEventListener('abort', giveUp);
  }
}

/** Puts the instance into the router's pool, with the split that holds now. */
export async function admit(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  if (ports.router === null) return;
  const { plan } = state;
  const instance = await lookUp(performance);
  refuseEnded(instance, instance);
  if (instance.address === undefined) {
    throw new OperationError(`${instance.target} listens nowhere, so no traffic can be sent to it`);
  }
  const backend = { target: instance.target, release: instance.release, address: instance.address };
  const split = state.split === null ? null : { release: plan.release.id, percent: state.split };
  await handle.assertWanted();
  await ports.router.admit(plan.service, backend, split, handle);
}

async function lookUp(performance: Performance, atMostMsOld = 0): Promise<Instance> {
  const found = await find(performance, performance.handle.signal, atMostMsOld);
  if (found === undefined) throw notRunning(performance);
  return found;
}

async function find(
  performance: Performance,
  signal: AbortSignal,
  atMostMsOld = 0,
): Promise<Instance | undefined> {
  const { ports, state, handle } = performance;
  const release = releaseOf(performance);
  const context = { signal, lease: handle.lease, atMostMsOld };
  const instances = await ports.platform.inspect(state.plan.service, [targetId(performance)], context);
  return instances.find((instance) => instance.release === release.id);
}

function notRunning(performance: Performance): OperationError {
  return new OperationError(`${releaseOf(performance).version} does not run on ${targetId(performance)}`);
}

/** Looks at the instance now and then; calls `onEnd` when it ended or was restarted after a crash. */
function watch(
  performance: Performance,
  signal: AbortSignal,
  first: Instance,
  onEnd: (reason: unknown) => void,
): () => void {
  const { clock } = performance.ports;
  let cancel: (() => void) | null = null;
  const again = () => {
    cancel = clock.schedule(LOOK_AGAIN_MS, () => void look());
  };
  const look = async () => {
    try {
      // What cannot be seen now is seen the next time; only what is seen to have ended has.
      const now = await find(performance, signal).catch(() => first);
      if (now === undefined) throw notRunning(performance);
      refuseEnded(now, first);
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

/** The same failure for good, as all its time was waited, with the tail of the service's log beside it. */
async function lastWord(performance: Performance, thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof OperationError)) return thrown;
  const { message, remedy, cause, evidence } = thrown;
  const log = evidence.log ?? (await logOf(performance));
  return new OperationError(message, {
    cause,
    retryable: false,
    evidence: log.length === 0 ? evidence : { ...evidence, log },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function logOf(performance: Performance): Promise<readonly string[]> {
  const { platform } = performance.ports;
  return platform.logTail(targetId(performance), releaseOf(performance), LOG_LINES).catch(() => []);
}
