/** Between rows and what the journal hands out. Events are kept as JSON and looked at before they go out. */
import type { DeploymentEvent, Signal } from '../../domain/event.ts';
import { isEventType, isPlanShape, isSignalShape, wrongFieldOfEvent } from '../../domain/event-shape.ts';
import type { Plan } from '../../domain/plan.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { JournalError } from '../../errors.ts';
import type { StoredEvent, StoredSignal } from '../journal.ts';

/** A deployment's row: its summary, and the key that its events and signals carry. */
export interface DeploymentRow extends DeploymentSummary {
  readonly position: number;
}

export interface EventRow {
  readonly seq: number;
  readonly event: string;
}

export interface SignalRow {
  readonly id: number;
  readonly at: number;
  readonly signal: string;
}

/**
 * The event of a row.
 * @throws JournalError when it is not the one expected, cannot be read, or is of a type not known here
 */
export function toStoredEvent(deployment: string, expectedSeq: number, row: EventRow): StoredEvent {
  if (row.seq !== expectedSeq) throw missingEvent(deployment, expectedSeq);
  return { seq: row.seq, event: parseEvent(deployment, row) };
}

/** The plan that the first event holds. */
export function planOfFirst(deployment: string, row: EventRow | undefined): Plan {
  if (row === undefined) throw missingEvent(deployment, 1);
  const { event } = toStoredEvent(deployment, 1, row);
  if (event.type === 'deployment-created') return event.plan;
  throw unreadable(`Event 1 of ${deployment}`, 'does not hold its plan');
}

export function missingEvent(deployment: string, seq: number): JournalError {
  return unreadable(`Event ${seq} of ${deployment}`, 'is missing');
}

export function toStoredSignal(deployment: string, row: SignalRow): StoredSignal {
  const what = `Signal ${row.id} of ${deployment}`;
  const signal = parse(row.signal, what);
  if (!isSignalShape(signal)) throw unreadable(what, 'is not a signal');
  return { id: row.id, at: row.at, signal: signal as Signal };
}

export function toPlan(digest: string, text: string): Plan {
  const plan = parse(text, `Plan ${digest}`);
  if (!isPlanShape(plan)) throw unreadable(`Plan ${digest}`, 'is not a plan');
  return plan as Plan;
}

function parseEvent(deployment: string, row: EventRow): DeploymentEvent {
  const what = `Event ${row.seq} of ${deployment}`;
  const event = parse(row.event, what);
  if (typeof event !== 'object' || event === null || !('type' in event) || typeof event.type !== 'string') {
    throw unreadable(what, 'is not an event');
  }
  if (!isEventType(event.type)) {
    throw new JournalError(`${what} has the type ${JSON.stringify(event.type)}, unknown to this Sluice`, {
      remedy: 'A newer Sluice wrote it: update this one.',
    });
  }
  const wrong = wrongFieldOfEvent(event.type, event);
  if (wrong !== null) throw unreadable(`${what} (${event.type})`, `has no \`${wrong}\` that makes sense`);
  return event as DeploymentEvent;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(what, 'is not valid JSON');
  }
}

function unreadable(what: string, how: string): JournalError {
  return new JournalError(`${what} ${how}`, {
    remedy: 'The journal was damaged or edited: restore it from a backup.',
  });
}
