import { z } from 'zod';
import type { Path, Problem } from './problem.ts';
import { hint, listOf, nameOf, nearest } from './words.ts';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

const NO_VALUE = 'has no value';
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** What the schema makes of a value, and every problem that it has; `null` when it has any. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly value: z.output<Schema> | null; readonly problems: readonly Problem[] } {
  const result = schema.safeParse(value, { error: explain, reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  return { value: null, problems: result.error.issues.flatMap((issue) => toProblems(issue, [])) };
}

/** Zod's issue in our words. Unknown keys of one mapping are one issue: its message has a line for each. */
function explain(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int' && typeof issue.input === 'number')
        return `${issue.input} is not a whole number`;
      return `must be ${KINDS[issue.expected] ?? issue.expected}, not ${nameOf(issue.input)}`;
    case 'invalid_value':
      return notOneOf(issue.input, issue.values);
    case 'too_big':
      return tooBig(issue.input, issue.maximum);
    case 'too_small':
      return tooSmall(issue.input, issue.minimum);
    case 'unrecognized_keys':
      return issue.keys.map((key) => `unknown key, ${hint(key, knownKeys(issue.inst))}`).join('\n');
    default:
      return undefined;
  }
}

function tooBig(value: unknown, maximum: number | bigint): string {
  if (typeof value === 'string') return `is longer than ${maximum} characters`;
  if (Array.isArray(value)) return `has more than ${maximum} entries`;
  return `${nameOf(value)} is more than ${maximum}`;
}

function tooSmall(value: unknown, minimum: number | bigint): string {
  return typeof value === 'number' ? `${value} is less than ${minimum}` : 'is empty';
}

function notOneOf(value: unknown, allowed: readonly unknown[]): string {
  const words = allowed.filter((word) => typeof word === 'string');
  const meant = typeof value === 'string' ? nearest(value, words) : null;
  const message = `${nameOf(value)} is not ${listOf(allowed)}`;
  return meant === null ? message : `${message}; did you mean ${nameOf(meant)}?`;
}

function knownKeys(schema: unknown): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function toProblems(issue: Issue, parent: Path): Problem[] {
  const path = [...parent, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const lines = issue.message.split('\n');
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        message: lines[index] ?? '',
        at: 'key',
      }));
    }
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? issue.message, at: 'key' }];
    case 'invalid_union':
      return unionProblems(issue, path);
    default:
      return [{ path, message: absent(issue.input) ?? issue.message, at: 'value' }];
  }
}

/** Speaks of the branch that was meant: the one whose kind (text, list, mapping) the value has. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): Problem[] {
  if (issue.discriminator !== undefined) {
    const given = (issue.input as Readonly<Record<string, unknown>>)[issue.discriminator];
    // What may be left out has `undefined` among them.
    const allowed = ('options' in issue ? (issue.options ?? []) : []).filter((word) => word !== undefined);
    const message = given === undefined ? `is missing: ${listOf(allowed)}` : notOneOf(given, allowed);
    return [{ path, message: given === null ? NO_VALUE : message, at: 'value' }];
  }
  const meant = issue.errors.find((branch) => !branch.some(isWrongKind));
  if (meant !== undefined) return meant.flatMap((inner) => toProblems(inner, path));
  const kinds = issue.errors.map(([first]) => kindExpected(first));
  const message = absent(issue.input) ?? `must be ${listOf(kinds)}, not ${nameOf(issue.input)}`;
  return [{ path, message, at: 'value' }];
}

/** True when the value is not even of the kind that a branch of a union takes. */
function isWrongKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof issue.input !== 'string');
}

function kindExpected(issue: Issue | undefined): string {
  if (issue?.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  if (issue?.code !== 'invalid_value' || typeof issue.values[0] === 'string') return 'text';
  return listOf(issue.values);
}

/** A key without a value is often a file that was written only half; say so rather than `null`. */
function absent(value: unknown): string | null {
  if (value === undefined) return 'is missing';
  return value === null ? NO_VALUE : null;
}
