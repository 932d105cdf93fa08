/**
 * What goes wrong in a simulation. A fault of a call strikes a call to a platform, router, check, hook
 * or journal; a sickness strikes an instance, whoever calls.
 */
export const CALLS = [
  'stage',
  'activate',
  'stop',
  'prune',
  'inspect',
  'admit',
  'drain',
  'shift',
  'check',
  'hook',
] as const;
export const JOURNAL_CALLS = [
  'journal create',
  'journal append',
  'journal read',
  'journal signals',
  'journal acquire',
  'journal renew',
  'journal release',
] as const;
export type CallName = (typeof CALLS)[number] | (typeof JOURNAL_CALLS)[number];

/**
 * - `fails`: refused before anything is done.
 * - `reply-lost`: done, but the caller is told that it failed.
 * - `hangs`: nothing is done, and no answer comes until the caller gives up.
 * - `hangs-after`: done, and no answer comes until the caller gives up.
 * - `slow`: it arrives late, and is done.
 */
export type CallFaultKind = 'fails' | 'reply-lost' | 'hangs' | 'hangs-after' | 'slow';

export interface CallFault {
  readonly kind: CallFaultKind;
  readonly call: CallName;
  /** `null`: of any target, or of the whole fleet. */
  readonly target: string | null;
  /** `null`: of any release. */
  readonly release: string | null;
  /** So many calls that fit go well first. */
  readonly after: number;
  /** Then so many do not. */
  readonly times: number;
}

/**
 * - `never-healthy`: it runs, and no check ever passes.
 * - `exits`: it ends shortly after its start.
 * - `restarts`: it ends again and again, and is started again each time.
 * - `falls-ill`: it was healthy, and at some time its checks begin to fail.
 * - `crashes`: it was healthy, and at some time it ends.
 * - `reboots`: its target starts anew, and what ran there before the deployment comes back instead of it.
 */
export type SicknessKind = 'never-healthy' | 'exits' | 'restarts' | 'falls-ill' | 'crashes' | 'reboots';

export interface Sickness {
  readonly kind: SicknessKind;
  readonly target: string;
  /** Release id. */
  readonly release: string;
  /** After the instance's start. */
  readonly afterMs: number;
  /** After which it is well again; `null`: never. */
  readonly forMs: number | null;
}

/** The faults that are still to strike, and a tally of those that have. */
export class Faults {
  readonly #calls: { readonly fault: CallFault; seen: number }[];
  readonly #tally = new Map<string, number>();
  #struck = 0;

  constructor(calls: readonly CallFault[]) {
    this.#calls = calls.map((fault) => ({ fault, seen: 0 }));
  }

  /** How often each kind has struck. */
  get tally(): ReadonlyMap<string, number> {
    return this.#tally;
  }

  /** How many calls and instances were struck. */
  get struck(): number {
    return this.#struck;
  }

  /** Counts anything else that was put in the way. */
  count(kind: string): void {
    this.#tally.set(kind, (this.#tally.get(kind) ?? 0) + 1);
  }

  /** No more faults of calls from now on. */
  rest(): void {
    this.#calls.length = 0;
  }

  /** Counts what struck a call or an instance. */
  strikes(kind: string): void {
    this.#struck++;
    this.count(kind);
  }

  /** The fault that strikes this call, if any. */
  strike(call: CallName, target: string | null, release: string | null): CallFaultKind | null {
    let struck: CallFaultKind | null = null;
    for (const entry of this.#calls) {
      const { fault } = entry;
      if (fault.call !== call || !fits(fault.target, target) || !fits(fault.release, release)) continue;
      entry.seen++;
      if (entry.seen > fault.after && entry.seen <= fault.after + fault.times) struck ??= fault.kind;
    }
    if (struck !== null) this.strikes(`${call} ${struck}`);
    return struck;
  }
}

function fits(wanted: string | null, given: string | null): boolean {
  return wanted === null || wanted === given;
}
