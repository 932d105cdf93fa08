/** What runs where, as it is answered. */
import { z } from 'zod';
import type { GateStanding } from '../../domain/gate.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { HEALTH_STATUSES } from '../../health/health-check.ts';
import type { Finding } from '../../project/finding.ts';
import type { Orphan } from '../../project/orphans.ts';
import type { InstanceStatus, ServiceStatus, UnfinishedDeployment } from '../../project/service-status.ts';
import type { Change, FleetView, LogLine, ReleaseView, ServiceView } from '../operations.ts';
import { outcomeName } from './event-answers.ts';
import { time } from './plan-answers.ts';

const summaryShape = {
  id: z.string(),
  service: z.string(),
  environment: z.string(),
  version: z.string(),
  release: z.string(),
  strategy: z.string(),
  plan: z.string(),
  targets: z.number(),
  by: z.string(),
  createdAt: time,
  endedAt: time.nullable(),
  phase: z.enum(['running', 'paused', 'rolling-back', 'ended']),
  outcome: outcomeName.nullable(),
  reason: z.string().nullable(),
  seq: z.number(),
};

export const summary: z.ZodType<DeploymentSummary> = z.object(summaryShape).meta({ id: 'DeploymentSummary' });

export const gateStanding: z.ZodType<GateStanding> = z
  .object({
    question: z.string(),
    needed: z.number(),
    approvals: z.array(z.object({ by: z.string(), promoted: z.literal(true).exactOptional() })),
    approvers: z.array(z.string()).nullable(),
    deadline: time.nullable(),
  })
  .meta({ id: 'GateStanding' });

const instance: z.ZodType<InstanceStatus> = z
  .object({
    target: z.string(),
    release: z.string(),
    version: z.string(),
    state: z.enum(['starting', 'running', 'stopping', 'exited']),
    pid: z.number().nullable(),
    restarts: z.number(),
    health: z.enum(HEALTH_STATUSES),
    message: z.string(),
    routed: z.boolean(),
    inFlight: z.number(),
    startedAt: time.nullable(),
  })
  .meta({ id: 'InstanceStatus' });

const unfinished: z.ZodType<UnfinishedDeployment> = z
  .object({
    ...summaryShape,
    attended: z.boolean(),
    holder: z.string().nullable(),
    question: z.string().exactOptional(),
    gate: gateStanding.exactOptional(),
  })
  .meta({ id: 'UnfinishedDeployment' });

export const serviceStatus: z.ZodType<ServiceStatus> = z
  .object({
    service: z.string(),
    environment: z.string(),
    url: z.string(),
    targets: z.array(z.string()),
    instances: z.array(instance),
    unreachable: z.record(z.string(), z.string()),
    split: z.object({ release: z.string(), percent: z.number() }).nullable(),
    last: summary.nullable(),
    unfinished: unfinished.nullable(),
    drift: z.array(z.string()),
    well: z.boolean(),
  })
  .meta({ id: 'ServiceStatus' });

const serviceView: z.ZodType<ServiceView> = z
  .object({
    service: z.string(),
    environment: z.string(),
    status: serviceStatus.nullable(),
    lookedAt: time.nullable(),
    fault: z.string().nullable(),
    needs: z.array(z.string()),
  })
  .meta({ id: 'ServiceView' });

const orphan: z.ZodType<Orphan> = z.object({
  service: z.string(),
  environment: z.string(),
  instances: z.number(),
  releases: z.array(z.string()),
  environmentKnown: z.boolean(),
});

export const fleetView: z.ZodType<FleetView> = z
  .object({
    environments: z.array(z.string()),
    services: z.array(serviceView),
    orphans: z.array(orphan),
  })
  .meta({ id: 'FleetView' });

export const releaseView: z.ZodType<ReleaseView> = z
  .object({
    release: z.string(),
    version: z.string(),
    deployment: z.string(),
    endedAt: time,
    refused: z.string().nullable(),
  })
  .meta({ id: 'ReleaseView' });

export const logLine: z.ZodType<LogLine> = z
  .object({ target: z.string(), release: z.string(), line: z.string() })
  .meta({ id: 'LogLine' });

export const finding: z.ZodType<Finding> = z
  .object({
    about: z.string(),
    ok: z.boolean(),
    detail: z.string(),
    remedy: z.string().exactOptional(),
  })
  .meta({ id: 'Finding' });

export const change: z.ZodType<Change> = z
  .union([
    z.object({ kind: z.literal('deployment'), summary }),
    z.object({ kind: z.literal('service'), service: serviceView }),
  ])
  .meta({ id: 'Change' });
