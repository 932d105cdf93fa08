/** What parts of a request may look like: names, digests, counts, times. Text of a query becomes its value here. */
import { z } from 'zod';
import { ROLES } from './permissions.ts';

const LATEST_TIME_MS = 8_640_000_000_000_000;

export const name = z
  .string()
  .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/)
  .meta({ description: 'letters, digits, dots, dashes and underscores', example: 'api' });

/** A version, or the id of a release, which is somewhat longer. */
export const version = z
  .string()
  .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9._+-]{0,140}[a-zA-Z0-9])?$/)
  .meta({ description: 'a version, such as 1.4.0, or the id of a release', example: '1.4.0' });

export const deploymentId = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,79}$/)
  .meta({ description: 'the id of a deployment', example: 'api-7' });

export const digest = z
  .string()
  .regex(/^[0-9a-f]{4,64}$/)
  .meta({ description: 'a digest of a plan; an unambiguous beginning is enough', example: '3f9a1c2b' });

/** What a person goes by: nothing that could be taken for a record such as `ann (as deploy@host)`. */
export const personName = z
  .string()
  .regex(/^[^\s()\p{C}]{1,64}$/u)
  .meta({ description: 'a name without spaces and brackets', example: 'ann' });

export const reason = z.string().max(1_000).meta({ description: 'why; kept in the history' });

export const targetId = z
  .string()
  .regex(/^[^\p{C}]{1,253}$/u)
  .meta({ description: 'the id of a target', example: 'api-1' });

/** An environment, or `*` for all of them. */
export const environmentOrAll = z.union([z.literal('*'), name]);

export const grant = z.strictObject({ environment: environmentOrAll, role: z.enum(ROLES) });

/** A whole number in a query. */
export function count(min: number, max: number, description: string) {
  return z.preprocess(toNumber, z.int().min(min).max(max).meta({ description }));
}

/** `true` or `false` in a query. */
export function flag(description: string) {
  return z.preprocess(toBoolean, z.boolean().meta({ description }));
}

/** A moment in a query: milliseconds since the epoch, or ISO 8601. */
export function moment(description: string) {
  const said = `${description}: milliseconds since the epoch, or ISO 8601 such as 2026-11-23T14:30Z`;
  return z.preprocess(toMoment, z.int().min(0).max(LATEST_TIME_MS).meta({ description: said }));
}

export const pageLimit = count(1, 200, 'at most so many; default 50');
export const cursor = z.string().min(1).max(500).meta({ description: 'the cursor of the page before' });

function toNumber(given: unknown): unknown {
  return typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : given;
}

function toBoolean(given: unknown): unknown {
  if (given === 'true') return true;
  return given === 'false' ? false : given;
}

function toMoment(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  if (/^\d{1,16}$/.test(given)) return Number(given);
  const at = /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(at) ? given : at;
}
