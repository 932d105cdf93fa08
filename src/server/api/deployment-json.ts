/**
 * A deployment as JSON can say it. Its state holds maps and a list of its own making; here they are plain lists, and what
 * the answer has already beside it (the plan, its steps, how each target is) is not said a second time.
 */
import { z } from 'zod';
import type { ActiveOperation, DeploymentState, StepProgress, WaitingOperation } from '../../domain/state.ts';
import type { DeploymentView } from '../operations.ts';
import { cause, operationName, outcomeName, sideName, signalName } from './event-answers.ts';
import { durationMs, plan, preview, step, time } from './plan-answers.ts';
import { gateStanding, summary } from './service-answers.ts';

const instancePhase = z.enum([
  'none',
  'attempted',
  'started',
  'healthy',
  'serving',
  'failing',
  'draining',
  'drained',
]);

const targetState = z.object({
  staged: z.boolean(),
  new: instancePhase,
  old: instancePhase,
  failure: cause.nullable(),
  pruned: z.boolean(),
  unseen: z.literal(true).exactOptional(),
});

/** `target` is its index in the plan, -1 for the whole fleet. */
const active = z.object({
  target: z.number(),
  operation: operationName,
  side: sideName,
  attempt: z.number(),
  startedAt: time,
});

const waiting = z.object({
  target: z.number(),
  attempt: z.number(),
  notBefore: time,
  recover: z.boolean(),
});

const approval = z.object({ by: z.string(), promoted: z.literal(true).exactOptional() });

const progress = z
  .object({
    startedAt: time,
    targets: z.array(z.number()),
    begun: z.number(),
    active: z.array(active),
    waiting: z.array(waiting),
    done: z.number(),
    failed: z.number(),
    changedAt: time,
    pausedMs: durationMs,
    observedAt: time.nullable(),
    verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
    failure: cause.nullable(),
    checkedAt: time.nullable(),
    approvals: z.array(approval),
    rejectedBy: z.string().nullable(),
    ill: z.array(z.number()),
    performed: z.boolean(),
    promoted: z.boolean(),
    unjudged: z.boolean(),
  })
  .meta({ id: 'StepProgress' });

const state = z
  .object({
    id: z.string(),
    by: z.string(),
    phase: z.enum(['created', 'running', 'ended']),
    direction: z.enum(['forward', 'back']),
    position: z.number(),
    step: progress.nullable(),
    available: z.number(),
    failures: z.number(),
    split: z.number().nullable(),
    paused: z.object({ since: time, cause }).nullable(),
    turn: z.object({ cause, into: z.enum(['rollback', 'pause', 'stop']) }).nullable(),
    stopped: z.boolean(),
    promotedFully: z.boolean(),
    promoters: z.array(z.string()),
    aborted: cause.nullable(),
    verified: z.boolean(),
    cause: cause.nullable(),
    turnedBackFor: cause.nullable(),
    outcome: outcomeName.nullable(),
    controller: z.string().nullable(),
    lastSignal: z.number(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    seq: z.number(),
  })
  .meta({ id: 'DeploymentState' });

const account = z.object({
  state,
  createdAt: time,
  steps: z.array(
    z.object({
      direction: z.enum(['forward', 'back']),
      position: z.number(),
      step,
      outcome: z.enum(['done', 'failed', 'cut-short', 'under-way', 'not-begun']),
      startedAt: time.nullable(),
      endedAt: time.nullable(),
      note: z.string().nullable(),
      cause: cause.nullable(),
    }),
  ),
  targets: z.array(
    z.object({
      id: z.string(),
      from: z.string().nullable(),
      state: targetState,
      attempts: z.number(),
      tookMs: durationMs,
    }),
  ),
  signals: z.array(
    z.object({
      at: time,
      signal: signalName,
      by: z.string(),
      reason: z.string().nullable(),
      digest: z.string().nullable(),
      full: z.boolean(),
      refused: z.string().nullable(),
    }),
  ),
  controllers: z.array(z.object({ at: time, controller: z.string() })),
});

export const deploymentJson = z
  .object({
    summary,
    plan,
    preview,
    account,
    gate: gateStanding.nullable(),
    attended: z.boolean(),
    url: z.string(),
    refused: z.record(z.union([signalName, z.literal('rollback')]), z.string().nullable()),
  })
  .meta({ id: 'Deployment' });

/** What `GET deployments/{id}` answers; times are milliseconds since the epoch. */
export interface DeploymentJson extends Omit<DeploymentView, 'account'> {
  readonly account: Omit<DeploymentView['account'], 'state'> & { readonly state: StateJson };
}

export interface StateJson extends Omit<DeploymentState, 'plan' | 'steps' | 'targets' | 'indexOf' | 'step'> {
  readonly step: StepProgressJson | null;
}

export interface StepProgressJson extends Omit<StepProgress, 'active' | 'waiting'> {
  readonly active: readonly (ActiveOperation & { readonly target: number })[];
  readonly waiting: readonly (WaitingOperation & { readonly target: number })[];
}

export function toDeploymentJson(view: DeploymentView): DeploymentJson {
  const { state, ...account } = view.account;
  return { ...view, account: { ...account, state: toStateJson(state) } };
}

function toStateJson(state: DeploymentState): StateJson {
  const { plan: _plan, steps: _steps, targets: _targets, indexOf: _indexOf, step, ...rest } = state;
  return { ...rest, step: step === null ? null : toProgressJson(step) };
}

function toProgressJson(step: StepProgress): StepProgressJson {
  return {
    ...step,
    active: [...step.active].map(([target, operation]) => ({ target, ...operation })),
    waiting: [...step.waiting].map(([target, operation]) => ({ target, ...operation })),
  };
}
