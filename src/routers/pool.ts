/** The pool of a service as it is written down where a load balancer reads it, and the edits of it. Pure. */
import { OperationError } from '../errors.ts';
import type { Backend, Split } from './router.ts';

export interface Pool {
  /** By target, then by release. */
  readonly members: readonly Backend[];
  /** Taken out, and may still have requests in flight. */
  readonly leaving: readonly Backend[];
  readonly split: Split | null;
}

export const EMPTY_POOL: Pool = { members: [], leaving: [], split: null };

/** With this backend in it; what its target and release had at another address leaves. */
export function withBackend(pool: Pool, backend: Backend, split: Split | null): Pool {
  const out = withoutBackend(pool, backend.target, backend.release);
  return {
    members: [...out.members, backend].toSorted(byTarget),
    leaving: out.leaving.filter((each) => !isSamePlace(each, backend)),
    split,
  };
}

export function withoutBackend({ members, leaving, split }: Pool, target: string, release: string): Pool {
  const gone = members.filter((each) => isOf(each, target, release));
  const before = leaving.filter(
    (each) => !gone.some((one) => isOf(each, target, release) && isSamePlace(each, one)),
  );
  return { members: members.filter((each) => !gone.includes(each)), leaving: [...before, ...gone], split };
}

/** True for what this target has of this release, wherever it is. */
export function isOf(backend: Backend, target: string, release: string): boolean {
  return backend.target === target && backend.release === release;
}

function isSamePlace(a: Backend, b: Backend): boolean {
  return a.address.host === b.address.host && a.address.port === b.address.port;
}

/** In the order of the names, so that the same pool is always written the same. */
function byTarget(a: Backend, b: Backend): number {
  return compare(a.target, b.target) || compare(a.release, b.release);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Backends as a load balancer is given them, a weight each: the whole shares of a round, evenly spread over it. */
export function interleaved<Each>(items: readonly Each[], weights: readonly number[]): Each[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const credit = items.map(() => 0);
  return Array.from({ length: total }, () => {
    let best = 0;
    for (const [i, weight] of weights.entries()) {
      credit[i] = (credit[i] ?? 0) + weight;
      if ((credit[i] ?? 0) > (credit[best] ?? 0)) best = i;
    }
    credit[best] = (credit[best] ?? 0) - total;
    return items[best] as Each;
  });
}

/** @throws OperationError unless what was written down is a backend */
export function readBackend(written: unknown, where: string): Backend {
  const { target, release, address } = asRecord(written);
  const { host, port } = asRecord(address);
  if (
    typeof target === 'string' &&
    typeof release === 'string' &&
    typeof host === 'string' &&
    typeof port === 'number'
  ) {
    return { target, release, address: { host, port } };
  }
  throw unreadable(written, where);
}

/** @throws OperationError unless what was written down is a split, or `null` */
export function readSplit(written: unknown, where: string): Split | null {
  if (written === null) return null;
  const { release, percent } = asRecord(written);
  if (typeof release === 'string' && typeof percent === 'number') return { release, percent };
  throw unreadable(written, where);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function unreadable(written: unknown, where: string): OperationError {
  return new OperationError(`What Sluice wrote in ${where} cannot be read: ${JSON.stringify(written)}`, {
    retryable: false,
    remedy: 'It was edited by hand. Put it back as it was.',
  });
}
