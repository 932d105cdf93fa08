/** A span, whatever it is sent with, and what is said in it. Nothing in it is a secret, or what a service has logged. */
import type { Cause } from '../../domain/event.ts';
import { sentenceOf } from '../../domain/outcome.ts';
import type { Step } from '../../domain/step.ts';

const MOST_CHARACTERS = 500;

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Something that happened in the middle of a span. */
export interface SpanRemark {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly attributes: Attributes;
}

/** One that has ended. */
export interface Span {
  readonly kind: 'deployment' | 'step' | 'operation';
  readonly name: string;
  /** Tells it from every other one of its deployment; the same however often the journal is read. */
  readonly key: string;
  /** Key of what it belongs to; `null` for the deployment. */
  readonly parent: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the event that has ended it. */
  readonly seq: number;
  readonly attributes: Attributes;
  readonly remarks: readonly SpanRemark[];
  /** What went wrong, in one sentence; `null` when nothing did. */
  readonly error: string | null;
}

/** What tells one step of its kind from another; never what a hook runs, where people may have written anything. */
export function detailsOf(step: Step): Attributes {
  switch (step.kind) {
    case 'update':
      return { 'sluice.step.mode': step.mode, 'sluice.step.targets': step.targets.length };
    case 'shift':
      return { 'sluice.step.percent': step.percent };
    case 'gate':
    case 'hook':
      return { 'sluice.step.name': short(step.name) };
    case 'retire':
      return { 'sluice.step.side': step.side };
    default:
      return {};
  }
}

/** Without its evidence: what a service has logged is nobody else's business. */
export function causeAttributes(cause: Cause): Attributes {
  return { 'sluice.cause': short(sentenceOf(cause)), 'sluice.cause.kind': cause.kind };
}

export function short(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
