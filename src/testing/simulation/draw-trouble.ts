import { SIGNALS, type Signal } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import {
  CALLS,
  type CallFault,
  type CallName,
  JOURNAL_CALLS,
  type Sickness,
  type SicknessKind,
} from './faults.ts';
import { PEOPLE } from './people.ts';
import type { Random } from './random.ts';
import type { CrashPoint } from './watched-journal.ts';

/** Everything that comes in the way of a deployment. Times are from its beginning. */
export interface Trouble {
  readonly calls: readonly CallFault[];
  readonly sicknesses: readonly Sickness[];
  /** Controllers that are killed as they write to the journal, or change the world. */
  readonly crashes: readonly CrashPoint[];
  /** Controllers that are killed at any time. */
  readonly kills: readonly number[];
  /** Moments at which somebody sets the time of day, and by how much. */
  readonly jumps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** Controllers that stand still for a while. */
  readonly freezes: readonly { readonly atMs: number; readonly forMs: number }[];
  /** Targets that cannot be reached for a while, or, once the deployment has begun, until after its end. */
  readonly absences: readonly Absence[];
  /** Further controllers that try to act. */
  readonly rivals: readonly { readonly atMs: number; readonly does: 'execute' | 'resume' }[];
  readonly signals: readonly { readonly atMs: number; readonly signal: Signal }[];
  /** What somebody sends whenever a controller was killed; `null`: nothing. */
  readonly whenKilled: Signal | null;
  /** Whether somebody approves gates as they come, or leaves them to the signals. */
  readonly person: 'attentive' | 'absent';
}

export interface Absence {
  readonly target: string;
  readonly atMs: number;
  /** `null`: until after the end. */
  readonly forMs: number | null;
}

const CALL_FAULTS = ['fails', 'fails', 'reply-lost', 'reply-lost', 'hangs', 'hangs-after', 'slow'] as const;

/** The longest time into a deployment at which something is made to happen. */
const SPAN_MS = 15_000;

export function drawTrouble(random: Random, plan: Plan): Trouble {
  return {
    calls: [
      ...some(random, 0.5, 4, () => drawCallFault(random, plan)),
      ...some(random, 0.15, 3, () => drawJournalFault(random)),
    ],
    sicknesses: some(random, 0.35, 2, () => drawSickness(random, plan)).filter((one) => one !== null),
    crashes: some(random, 0.25, 3, () => ({
      at: random.pick(['append', 'effect'] as const),
      nth: random.int(1, 60),
      moment: random.pick(['before', 'after'] as const),
    })),
    kills: some(random, 0.15, 2, () => random.int(0, SPAN_MS)),
    jumps: some(random, 0.15, 2, () => ({ atMs: drawTime(random), byMs: drawJump(random) })),
    freezes: some(random, 0.15, 2, () => ({ atMs: random.int(0, SPAN_MS), forMs: random.int(100, 20_000) })),
    absences: plan.targets.length === 0 ? [] : drawAbsences(random.fork('absences'), plan),
    rivals: some(random, 0.3, 4, () => ({
      atMs: random.int(0, SPAN_MS),
      does: random.pick(['execute', 'resume'] as const),
    })),
    signals: some(random, 0.4, 6, () => ({ atMs: drawTime(random), signal: drawSignal(random, plan) })),
    whenKilled: random.chance(0.3) ? drawSignal(random, plan) : null,
    person: random.pick(['attentive', 'attentive', 'absent'] as const),
  };
}

function some<T>(random: Random, probability: number, most: number, draw: () => T): T[] {
  return random.chance(probability) ? random.times(random.int(1, most), draw) : [];
}

function drawAbsences(random: Random, plan: Plan): Absence[] {
  return some(random, 0.2, 3, () => ({
    target: random.pick(plan.targets).id,
    atMs: random.chance(0.3) ? 0 : drawTime(random),
    forMs: random.chance(0.5) ? null : random.int(200, 20_000),
  }));
}

function drawTime(random: Random): number {
  return random.chance(0.5) ? random.int(0, 2_000) : random.int(0, SPAN_MS);
}

function drawCallFault(random: Random, plan: Plan): CallFault {
  const call = random.pick(CALLS);
  return {
    kind: random.pick(CALL_FAULTS),
    call,
    target: ofFleet(call) || random.chance(0.3) ? null : drawTarget(random, plan),
    release: ofFleet(call) || random.chance(0.5) ? null : drawRelease(random, plan),
    after: random.chance(0.6) ? 0 : random.int(1, 10),
    times: random.chance(0.7) ? 1 : random.int(2, 6),
  };
}

function drawJournalFault(random: Random): CallFault {
  return {
    kind: random.pick(['fails', 'reply-lost'] as const),
    call: random.pick(JOURNAL_CALLS),
    target: null,
    release: null,
    after: random.int(0, 40),
    times: random.int(1, 3),
  };
}

/** From a second to a day, forwards or backwards. */
function drawJump(random: Random): number {
  const sign = random.pick([-1, 1] as const);
  return sign * random.pick([1_000, 5_000, 60_000, 3_600_000, 86_400_000]);
}

function ofFleet(call: CallName): boolean {
  return call === 'shift' || call === 'hook' || call === 'prune' || call === 'inspect';
}

function drawSickness(random: Random, plan: Plan): Sickness | null {
  const target = drawTarget(random, plan);
  if (target === null) return null;
  const kinds: SicknessKind[] = [
    'never-healthy',
    'exits',
    'restarts',
    'falls-ill',
    'falls-ill',
    'crashes',
    'reboots',
  ];
  const kind = random.pick(kinds);
  return {
    kind,
    target,
    release: drawRelease(random, plan),
    afterMs: kind === 'exits' || kind === 'restarts' ? random.int(1, 500) : random.int(1_600, SPAN_MS),
    forMs: random.chance(0.5) ? random.int(500, 5_000) : null,
  };
}

function drawTarget(random: Random, plan: Plan): string | null {
  return plan.targets.length === 0 ? null : random.pick(plan.targets).id;
}

/** Mostly the new one: that is where trouble comes from. */
function drawRelease(random: Random, plan: Plan): string {
  const old = Object.keys(plan.previous);
  return old.length === 0 || random.chance(0.65) ? plan.release.id : random.pick(old);
}

function drawSignal(random: Random, { digest }: Plan): Signal {
  const signal = random.pick(SIGNALS);
  const by = random.pick(PEOPLE);
  const full = signal === 'promote' && random.chance(0.4) ? { full: true } : {};
  // Mostly of the plan that it is about; sometimes somebody has looked at another.
  const seen = random.chance(0.5) ? { digest: random.chance(0.8) ? digest : 'f'.repeat(64) } : {};
  return { signal, by, ...full, ...seen };
}
