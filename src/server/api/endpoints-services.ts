/** What runs, and what is done to a service as a whole. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { change, finding, fleetView, logLine, releaseView, serviceStatus } from './service-answers.ts';
import { count, flag, name, targetId } from './values.ts';

const service = z.strictObject({ service: name });
const environment = name.optional();
const lines = count(0, 10_000, 'lines of the past for each target; default 50').optional();
const inEnvironment = z.strictObject({ environment });

export const begun = z.object({ deployment: z.string() }).meta({ id: 'Begun' });
export const unchanged = z.object({ deployment: z.null(), plan: z.string() }).meta({ id: 'Unchanged' });

export const SERVICE_ENDPOINTS = {
  fleet: endpoint({
    method: 'GET',
    path: '/fleet',
    tag: 'services',
    summary: 'Every service in every environment, from the last looks',
    needs: 'read',
    place: 'several',
    query: inEnvironment,
    answers: { 200: fleetView },
  }),
  status: endpoint({
    method: 'GET',
    path: '/services/{service}/status',
    tag: 'services',
    summary: 'Look at a service now',
    needs: 'read',
    place: 'query',
    params: service,
    query: z.strictObject({ environment, verify: flag('on servers, compare every file').optional() }),
    answers: { 200: serviceStatus },
  }),
  releases: endpoint({
    method: 'GET',
    path: '/services/{service}/releases',
    tag: 'services',
    summary: 'Releases that completed once, and whether they can be gone back to',
    needs: 'read',
    place: 'query',
    params: service,
    query: inEnvironment,
    answers: { 200: z.object({ items: z.array(releaseView) }) },
  }),
  logs: endpoint({
    method: 'GET',
    path: '/services/{service}/logs',
    tag: 'services',
    summary: 'The last lines that each target has written',
    needs: 'read',
    place: 'query',
    params: service,
    query: z.strictObject({ environment, lines, target: targetId.optional() }),
    answers: { 200: z.object({ items: z.array(logLine) }) },
  }),
  followLogs: endpoint({
    method: 'GET',
    path: '/services/{service}/logs/stream',
    tag: 'services',
    summary: 'The last lines, and each that follows, as an event `line`',
    needs: 'read',
    place: 'query',
    params: service,
    query: z.strictObject({ environment, lines, target: targetId.optional() }),
    answers: { 200: logLine },
    media: 'text/event-stream',
  }),
  doctor: endpoint({
    method: 'GET',
    path: '/services/{service}/doctor',
    tag: 'services',
    summary: 'Check everything that a deployment needs',
    needs: 'read',
    place: 'query',
    params: service,
    query: inEnvironment,
    answers: { 200: z.object({ items: z.array(finding) }) },
  }),
  reconcile: endpoint({
    method: 'POST',
    path: '/services/{service}/reconcile',
    tag: 'services',
    summary: 'Put right what is not as the last good deployment left it',
    needs: 'deploy',
    place: 'body',
    params: service,
    body: inEnvironment,
    answers: { 202: begun, 200: unchanged },
  }),
  stop: endpoint({
    method: 'POST',
    path: '/services/{service}/stop',
    tag: 'services',
    summary: 'Stop a service: its route and all its instances',
    needs: 'deploy',
    place: 'body',
    params: service,
    body: inEnvironment,
    answers: { 200: z.object({ stopped: z.boolean() }) },
  }),
  changes: endpoint({
    method: 'GET',
    path: '/changes',
    tag: 'services',
    summary: 'What changes from now on, each as an event `change`',
    needs: 'read',
    place: 'several',
    query: inEnvironment,
    answers: { 200: change },
    media: 'text/event-stream',
  }),
} as const;
