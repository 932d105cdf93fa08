/** Sessions, tokens and the record of what was done, as they are answered. */
import { z } from 'zod';
import { type Grant, PERMISSIONS } from './permissions.ts';
import { json, time } from './plan-answers.ts';
import { grant } from './values.ts';

export const sessionView = z
  .object({
    name: z.string(),
    token: z.string().meta({ description: 'id of the token' }),
    grants: z.array(grant),
    trigger: z.object({ service: z.string() }).nullable(),
    may: z
      .record(z.string(), z.array(z.enum(PERMISSIONS)))
      .meta({ description: 'permissions by environment; `*` is all of them' }),
    csrf: z
      .string()
      .nullable()
      .meta({ description: 'with a cookie: what X-CSRF-Token has to be on whatever is not a GET' }),
    expiresAt: time.nullable(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.output<typeof sessionView>;

/** A token as lists show it: everything but the secret, which nobody has any more. */
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly trigger: { readonly service: string } | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  readonly lastUsedAt: number | null;
}

export const tokenView: z.ZodType<TokenView> = z
  .object({
    id: z.string(),
    name: z.string(),
    grants: z.array(grant),
    trigger: z.object({ service: z.string() }).nullable(),
    createdAt: time,
    createdBy: z.string(),
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
    revokedBy: z.string().nullable(),
    lastUsedAt: time.nullable().meta({ description: 'to the minute' }),
  })
  .meta({ id: 'Token' });

export const auditEntry = z
  .object({
    id: z.int(),
    at: time,
    by: z.string().meta({ description: 'empty: a sign-in with a token that is not good' }),
    token: z.string(),
    operation: z.string().meta({ description: 'the operation id' }),
    environment: z.string().nullable(),
    service: z.string().nullable(),
    deployment: z.string().nullable(),
    detail: json.meta({ description: 'what was asked for' }),
    status: z.int().nullable().meta({ description: 'of the answer; null: there was none' }),
    address: z.string(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.output<typeof auditEntry>;
