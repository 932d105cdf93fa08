/** Plans, steps and what they do, as they are answered: the domain's own types, each with its schema. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Policy } from '../../domain/policy.ts';
import type { PlanPreview, StepPreview } from '../../domain/preview.ts';
import type { Release } from '../../domain/release.ts';
import type { HookStep, Step } from '../../domain/step.ts';

export const json = z.unknown() as z.ZodType<Json>;
export const time = z.number().meta({ description: 'milliseconds since the epoch' });
export const durationMs = z.number().meta({ description: 'milliseconds' });

const hookStep: z.ZodType<HookStep> = z.object({
  kind: z.literal('hook'),
  name: z.string(),
  command: z.array(z.string()),
  timeoutMs: durationMs,
});

const gateStep = z.object({
  kind: z.literal('gate'),
  name: z.string(),
  deadlineMs: durationMs,
  approvals: z.number().exactOptional(),
  approvers: z.array(z.string()).exactOptional(),
});

const updateStep = z.object({
  kind: z.literal('update'),
  targets: z.array(z.string()),
  mode: z.enum(['in-place', 'surge', 'beside']),
  direction: z.enum(['forward', 'back']),
});

export const step: z.ZodType<Step> = z
  .union([
    z.object({ kind: z.literal('stage') }),
    updateStep,
    z.object({ kind: z.literal('shift'), percent: z.number() }),
    z.object({ kind: z.literal('bake'), durationMs }),
    gateStep,
    hookStep,
    z.object({ kind: z.literal('verify') }),
    z.object({ kind: z.literal('retire'), side: z.enum(['new', 'old']) }),
  ])
  .meta({ id: 'Step' });

const release: z.ZodType<Release> = z
  .object({
    id: z.string(),
    service: z.string(),
    version: z.string(),
    digest: z.string(),
    spec: z.record(z.string(), json),
  })
  .meta({ id: 'Release' });

const OPERATIONS = [
  'stage',
  'activate',
  'probe',
  'admit',
  'drain',
  'stop',
  'prune',
  'observe',
  'shift',
  'check',
  'hook',
] as const;

const policy: z.ZodType<Policy> = z
  .object({
    onFailure: z.enum(['rollback', 'pause', 'stop']),
    maxFailures: z.number(),
    maxFailuresPerBatch: z.union([z.number(), z.templateLiteral([z.number(), '%'])]).exactOptional(),
    minAvailable: z.number(),
    leastAvailable: z.number().exactOptional(),
    concurrency: z.number(),
    maxAttempts: z.number(),
    backoffMs: durationMs,
    checkIntervalMs: durationMs,
    capacityTimeoutMs: durationMs,
    pauseTimeoutMs: durationMs,
    timeoutsMs: z.record(z.enum(OPERATIONS), z.number()),
    keepReleases: z.number(),
  })
  .meta({ id: 'Policy' });

export const plan: z.ZodType<Plan> = z
  .object({
    service: z.string(),
    environment: z.string(),
    release,
    previous: z.record(z.string(), release),
    targets: z.array(
      z.object({
        id: z.string(),
        from: z.string().nullable(),
        leaving: z.literal(true).exactOptional(),
      }),
    ),
    strategy: z.object({ name: z.string(), options: z.record(z.string(), json) }),
    steps: z.array(step),
    hooksOnFailure: z.array(hookStep),
    capabilities: z.object({
      beside: z.boolean(),
      routed: z.boolean(),
      staged: z.boolean(),
      probed: z.boolean(),
      checked: z.boolean(),
    }),
    policy,
    createdAt: time,
    digest: z.string(),
  })
  .meta({ id: 'Plan' });

const stepPreview: z.ZodType<StepPreview> = z
  .object({
    step,
    extraInstances: z.number(),
    minServing: z.number(),
    percent: z.number().nullable(),
    rollback: z.array(step),
    waitsMs: durationMs,
  })
  .meta({ id: 'StepPreview' });

export const preview: z.ZodType<PlanPreview> = z
  .object({
    steps: z.array(stepPreview),
    peakExtraInstances: z.number(),
    worstUnavailable: z.number(),
    waitsMs: durationMs,
    blocked: z.string().nullable(),
  })
  .meta({ id: 'PlanPreview' });

export const planView = z
  .object({ plan, preview, estimateMs: durationMs.nullable(), nothing: z.boolean() })
  .meta({ id: 'PlanView' });
