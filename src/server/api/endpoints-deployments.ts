/** Deployments, their plans, and what is asked of them. */
import { z } from 'zod';
import type { Comparison } from '../../project/compare-deployments.ts';
import { deploymentJson } from './deployment-json.ts';
import { endpoint } from './endpoint.ts';
import { begun, unchanged } from './endpoints-services.ts';
import { outcomeName, signalName, storedEvent } from './event-answers.ts';
import { json, plan, planView } from './plan-answers.ts';
import { gateStanding, summary } from './service-answers.ts';
import {
  count,
  cursor,
  deploymentId,
  digest,
  flag,
  moment,
  name,
  pageLimit,
  personName,
  reason,
  version,
} from './values.ts';

const MOST_EVENTS = 1_000;
const LAST_SEQ = 999_999_999;

const environment = name.optional();
const id = z.strictObject({ id: deploymentId });
const after = count(0, LAST_SEQ, 'only events with a greater seq; default 0').optional();
const wanted = z.strictObject({ service: name, environment, version: version.optional() });
const difference = z.object({ path: z.string(), from: json, to: json }).meta({ id: 'Difference' });
const compared = z.object({ summary, plan });

const comparison: z.ZodType<Comparison> = z
  .object({
    from: compared,
    to: compared,
    version: difference.nullable(),
    release: difference.nullable(),
    artifact: difference.nullable(),
    files: z
      .object({ added: z.array(z.string()), changed: z.array(z.string()), removed: z.array(z.string()) })
      .nullable(),
    config: z.array(difference),
    secretsChanged: z.boolean(),
    strategy: z.array(difference),
    policy: z.array(difference),
    targets: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
    outcome: difference.nullable(),
    took: z.object({ from: z.number().nullable(), to: z.number().nullable() }),
    differs: z.boolean(),
  })
  .meta({ id: 'Comparison' });

export const DEPLOYMENT_ENDPOINTS = {
  deployments: endpoint({
    method: 'GET',
    path: '/deployments',
    tag: 'deployments',
    summary: 'Deployments, newest first. A page may hold fewer than asked for; the last one has no cursor',
    needs: 'read',
    place: 'several',
    query: z.strictObject({
      service: name.optional(),
      environment,
      outcome: outcomeName.optional(),
      ended: flag('only those that have ended, or have not').optional(),
      version: version.optional(),
      by: personName.optional(),
      since: moment('begun since').optional(),
      until: moment('begun before').optional(),
      limit: pageLimit.optional(),
      cursor: cursor.optional(),
    }),
    answers: { 200: z.object({ items: z.array(summary), cursor: z.string().nullable() }) },
  }),
  deploy: endpoint({
    method: 'POST',
    path: '/deployments',
    tag: 'deployments',
    summary: 'Deploy a version of a service, or execute a kept plan',
    needs: 'deploy',
    place: 'body',
    body: z.union([wanted, z.strictObject({ plan: digest })]),
    answers: { 202: begun, 200: unchanged },
  }),
  deployment: endpoint({
    method: 'GET',
    path: '/deployments/{id}',
    tag: 'deployments',
    summary: 'All of one deployment',
    needs: 'outcome',
    place: 'deployment',
    params: id,
    answers: { 200: deploymentJson },
  }),
  events: endpoint({
    method: 'GET',
    path: '/deployments/{id}/events',
    tag: 'deployments',
    summary: 'Its journal',
    needs: 'read',
    place: 'deployment',
    params: id,
    query: z.strictObject({
      after,
      limit: count(1, MOST_EVENTS, `at most so many; default ${MOST_EVENTS}`).optional(),
    }),
    answers: { 200: z.object({ events: z.array(storedEvent) }) },
  }),
  followEvents: endpoint({
    method: 'GET',
    path: '/deployments/{id}/stream',
    tag: 'deployments',
    summary: 'Its journal as it grows: each an `event` with its seq as id, then `end`. Last-Event-ID resumes',
    needs: 'outcome',
    place: 'deployment',
    params: id,
    query: z.strictObject({ after }),
    answers: { 200: storedEvent },
    media: 'text/event-stream',
  }),
  signal: endpoint({
    method: 'POST',
    path: '/deployments/{id}/signals',
    tag: 'deployments',
    summary: 'Ask something of a deployment under way',
    needs: 'signal',
    place: 'deployment',
    params: id,
    body: z.strictObject({
      signal: signalName,
      reason: reason.optional(),
      full: z.boolean().optional().meta({ description: 'of promote: everything that is left' }),
      plan: digest.optional().meta({ description: 'refuse unless it executes this plan' }),
    }),
    answers: {
      200: z.object({
        deployment: z.string(),
        signal: signalName,
        received: z.boolean(),
        by: z.string(),
        plan: z.string(),
        gate: gateStanding.nullable(),
        outcome: outcomeName
          .exactOptional()
          .meta({ description: 'it has ended so, which is what was asked for' }),
      }),
    },
  }),
  resume: endpoint({
    method: 'POST',
    path: '/deployments/{id}/resume',
    tag: 'deployments',
    summary: 'Take up a deployment that no controller looks after',
    needs: 'deploy',
    place: 'deployment',
    params: id,
    answers: { 202: begun },
  }),
  rollback: endpoint({
    method: 'POST',
    path: '/rollbacks',
    tag: 'deployments',
    summary: 'Go back to the last good release, or to a version that was deployed before',
    needs: 'deploy',
    place: 'body',
    body: wanted,
    answers: { 202: begun, 200: unchanged },
  }),
  trigger: endpoint({
    method: 'POST',
    path: '/trigger',
    tag: 'deployments',
    summary: 'Deploy, for CI: all that a trigger token may do, besides seeing what comes of it',
    needs: 'trigger',
    place: 'body',
    body: wanted,
    answers: { 202: begun, 200: unchanged },
  }),
  makePlan: endpoint({
    method: 'POST',
    path: '/plans',
    tag: 'plans',
    summary: 'Make a plan, and keep it under its digest',
    needs: 'deploy',
    place: 'body',
    body: wanted.extend({ rollback: z.boolean().optional() }),
    answers: { 201: planView },
  }),
  plan: endpoint({
    method: 'GET',
    path: '/plans/{digest}',
    tag: 'plans',
    summary: 'A kept plan',
    needs: 'read',
    place: 'plan',
    params: z.strictObject({ digest }),
    answers: { 200: planView },
  }),
  compare: endpoint({
    method: 'GET',
    path: '/comparisons',
    tag: 'deployments',
    summary: 'What differs between two deployments',
    needs: 'read',
    place: 'own',
    query: z.strictObject({ from: deploymentId, to: deploymentId }),
    answers: { 200: comparison },
  }),
} as const;
