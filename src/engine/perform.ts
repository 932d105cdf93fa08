/**
 * Performs one operation through the ports and says what came of it. A table of one performer an operation;
 * nothing here decides what is done, or whether it is tried again.
 */

import type { OperationName, Outcome } from '../domain/operation.ts';
import { outcomeSoFar, sentenceOf } from '../domain/outcome.ts';
import { messageOf, OperationError, UnreachableError } from '../errors.ts';
import { check, observe, shift } from './perform-on-fleet.ts';
import { admit, probe } from './perform-on-target.ts';
import { prune } from './perform-prune.ts';
import { type Findings, type Performance, releaseOf, targetId } from './performance.ts';

// biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to tell, and simply end
type Performer = (performance: Performance) => Promise<Findings | void>;

const PERFORMERS: Readonly<Record<OperationName, Performer>> = {
  stage: ({ ports, ...rest }) => ports.platform.stage(targetId(rest), releaseOf(rest), rest.handle),
  activate,
  probe,
  admit,
  drain,
  stop: ({ ports, ...rest }) => ports.platform.stop(targetId(rest), releaseOf(rest), rest.handle),
  prune,
  observe,
  shift,
  check,
  hook,
};

/** Performs the handle's intent; never rejects. */
export async function perform(performance: Performance): Promise<Outcome> {
  const { intent } = performance.handle;
  const startedAt = performance.ports.clock.now();
  const base = { target: intent.target, operation: intent.operation };
  try {
    const findings = await PERFORMERS[intent.operation](performance);
    const tookMs = performance.ports.clock.now() - startedAt;
    return { ...base, ok: findings?.verdict !== 'fail', tookMs, ...findings };
  } catch (thrown) {
    return { ...base, ok: false, tookMs: performance.ports.clock.now() - startedAt, ...explain(thrown) };
  }
}

function explain(thrown: unknown): Pick<Outcome, 'error' | 'evidence' | 'retryable' | 'unreachable'> {
  if (!(thrown instanceof OperationError)) return { error: messageOf(thrown) };
  const { message: error, evidence, retryable } = thrown;
  return {
    error,
    evidence,
    retryable,
    ...(thrown instanceof UnreachableError ? { unreachable: true } : {}),
  };
}

/** After a crash: where the release runs already, the answer was lost, not the work. */
async function activate(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  const target = targetId(performance);
  const release = releaseOf(performance);
  if (handle.intent.recover) {
    const instances = await ports.platform.inspect(state.plan.service, [target], handle);
    const running = instances.some((one) => one.release === release.id && one.state === 'running');
    if (running) return;
    await handle.assertWanted();
  }
  await ports.platform.activate(target, release, handle);
}

async function drain(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  if (ports.router === null) return;
  const release = releaseOf(performance);
  await ports.router.drain(state.plan.service, targetId(performance), release.id, handle);
}

async function hook({ ports, state, handle }: Performance): Promise<void> {
  const step = state.steps[state.position];
  if (step?.kind !== 'hook') throw new TypeError('there is no hook in this step');
  const { plan, id, direction, cause } = state;
  const subject = {
    deployment: id,
    service: plan.service,
    environment: plan.environment,
    version: plan.release.version,
    direction,
    outcome: outcomeSoFar(state),
    reason: cause === null ? null : sentenceOf(cause),
    attempt: handle.intent.attempt + (handle.intent.recover ? 1 : 0),
  };
  await ports.hooks.run(step, subject, handle);
}
