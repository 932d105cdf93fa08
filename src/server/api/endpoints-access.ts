/** Signing in, tokens, the record of what was done, and how the server itself is. */
import { z } from 'zod';
import { auditEntry, sessionView, tokenView } from './access-answers.ts';
import { endpoint } from './endpoint.ts';
import { cursor, environmentOrAll, grant, moment, name, pageLimit, personName } from './values.ts';

const tokenId = z.string().regex(/^[a-z0-9]{1,32}$/);

export const ACCESS_ENDPOINTS = {
  signIn: endpoint({
    method: 'POST',
    path: '/session',
    tag: 'access',
    summary: 'Sign in: exchange a token for a cookie',
    needs: 'open',
    place: 'nowhere',
    body: z.strictObject({ token: z.string().min(1).max(200) }),
    answers: { 200: sessionView },
    repeats: 'ignored',
  }),
  session: endpoint({
    method: 'GET',
    path: '/session',
    tag: 'access',
    summary: 'Who is signed in, and what they may',
    needs: 'signed-in',
    place: 'nowhere',
    answers: { 200: sessionView },
  }),
  signOut: endpoint({
    method: 'DELETE',
    path: '/session',
    tag: 'access',
    summary: 'Sign out: the cookie is worth nothing any more',
    needs: 'signed-in',
    place: 'nowhere',
    answers: { 204: null },
  }),
  listTokens: endpoint({
    method: 'GET',
    path: '/tokens',
    tag: 'access',
    summary: 'Tokens that one may revoke: those whose every environment one administers',
    needs: 'administer',
    place: 'own',
    answers: { 200: z.object({ items: z.array(tokenView) }) },
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/tokens',
    tag: 'access',
    summary: 'Make a token. Its secret is in this answer and nowhere else',
    needs: 'administer',
    place: 'own',
    body: z.strictObject({
      name: personName,
      grants: z.array(grant).min(1).max(50),
      expiresAt: z
        .int()
        .min(0)
        .nullable()
        .optional()
        .meta({ description: 'milliseconds since the epoch; null: never; default: in a year' }),
      trigger: z
        .strictObject({ service: name })
        .optional()
        .meta({ description: 'may deploy this one service, by `trigger`, and nothing else' }),
    }),
    answers: { 201: z.object({ secret: z.string(), token: tokenView }) },
    repeats: 'refused',
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/tokens/{id}',
    tag: 'access',
    summary: 'Revoke a token: its sessions and streams end',
    needs: 'administer',
    place: 'own',
    params: z.strictObject({ id: tokenId }),
    answers: { 200: tokenView },
  }),
  audit: endpoint({
    method: 'GET',
    path: '/audit',
    tag: 'access',
    summary: 'Who asked for what, newest first',
    needs: 'administer',
    place: 'several',
    query: z.strictObject({
      environment: environmentOrAll.optional(),
      by: personName.optional(),
      operation: z
        .string()
        .regex(/^[a-zA-Z]{1,40}$/)
        .optional(),
      since: moment('only what was asked for since').optional(),
      limit: pageLimit.optional(),
      cursor: cursor.optional(),
    }),
    answers: { 200: z.object({ items: z.array(auditEntry), cursor: z.string().nullable() }) },
  }),
  health: endpoint({
    method: 'GET',
    path: '//healthz',
    tag: 'server',
    summary: 'The process answers',
    needs: 'open',
    place: 'nowhere',
    answers: { 200: z.object({ status: z.literal('ok') }) },
  }),
  ready: endpoint({
    method: 'GET',
    path: '//readyz',
    tag: 'server',
    summary: 'It can be used: the journal can be read, and it is not about to stop',
    needs: 'open',
    place: 'nowhere',
    answers: { 200: z.object({ status: z.literal('ready') }) },
  }),
  metrics: endpoint({
    method: 'GET',
    path: '//metrics',
    tag: 'server',
    summary: 'Figures for Prometheus',
    needs: 'read',
    place: 'everywhere',
    answers: { 200: z.string() },
    media: 'text/plain',
  }),
} as const;
