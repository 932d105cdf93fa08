/** The events of a journal, as they are answered and streamed. */
import { z } from 'zod';
import { type Cause, type DeploymentEvent, OUTCOMES, SIGNALS, type Signal } from '../../domain/event.ts';
import { FLEET_OPERATIONS, type Intent, type Outcome, TARGET_OPERATIONS } from '../../domain/operation.ts';
import type { Evidence } from '../../errors.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import { plan, step, time } from './plan-answers.ts';

export const operationName = z.enum([...TARGET_OPERATIONS, ...FLEET_OPERATIONS]);
export const sideName = z.enum(['new', 'old']);
export const signalName = z.enum(SIGNALS);
export const outcomeName = z.enum(OUTCOMES);

export const evidence: z.ZodType<Evidence> = z
  .object({
    probe: z.string().exactOptional(),
    exitCode: z.number().exactOptional(),
    signal: z.string().exactOptional(),
    log: z.array(z.string()).exactOptional(),
  })
  .meta({ id: 'Evidence' });

export const cause: z.ZodType<Cause> = z
  .object({
    kind: z.enum(['failure', 'abort', 'pause', 'rejected', 'deadline', 'inconclusive']),
    message: z.string(),
    target: z.string().exactOptional(),
    evidence: evidence.exactOptional(),
    unreachable: z.literal(true).exactOptional(),
  })
  .meta({ id: 'Cause' });

const signal: z.ZodType<Signal> = z.object({
  signal: signalName,
  by: z.string(),
  digest: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  full: z.boolean().exactOptional(),
});

const intent: z.ZodType<Intent> = z.object({
  target: z.number().nullable(),
  operation: operationName,
  side: sideName,
  attempt: z.number(),
  recover: z.literal(true).exactOptional(),
});

const outcome: z.ZodType<Outcome> = z.object({
  target: z.number().nullable(),
  operation: operationName,
  ok: z.boolean(),
  tookMs: z.number(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).exactOptional(),
  seen: z
    .array(
      z.object({
        target: z.number(),
        old: z.boolean(),
        new: z.boolean(),
        unreachable: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  error: z.string().exactOptional(),
  evidence: evidence.exactOptional(),
  retryable: z.boolean().exactOptional(),
  unreachable: z.literal(true).exactOptional(),
});

/** An event of one type: when it was, and what else it says. */
function of<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.object({ type: z.literal(type), at: time, ...shape });
}

const event: z.ZodType<DeploymentEvent> = z
  .union([
    of('deployment-created', { plan, by: z.string() }),
    of('deployment-started', {
      unhealthy: z.array(z.number()),
      unreachable: z.array(z.object({ target: z.number(), error: z.string() })).exactOptional(),
    }),
    of('controller-changed', { controller: z.string(), epoch: z.number() }),
    of('step-started', { step: z.number() }),
    of('operations-started', { intents: z.array(intent) }),
    of('operations-finished', { outcomes: z.array(outcome) }),
    of('step-finished', { step: z.number(), note: z.string().exactOptional() }),
    of('step-failed', { step: z.number(), cause }),
    of('signal-received', { id: z.number(), signal, refused: z.string().exactOptional() }),
    of('paused', { cause }),
    of('rollback-started', { cause, steps: z.array(step) }),
    of('stopped', { cause, steps: z.array(step) }),
    of('deployment-finished', { outcome: outcomeName, cause: cause.exactOptional() }),
  ])
  .meta({ id: 'DeploymentEvent' });

export const storedEvent: z.ZodType<StoredEvent> = z
  .object({ seq: z.number(), event })
  .meta({ id: 'StoredEvent' });
