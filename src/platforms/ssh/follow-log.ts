/**
 * Following a log on a host: it is asked again and again for what is new. Between two questions nothing runs
 * there, so that there is nothing to be left behind; a lost connection is a question that is asked again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../errors.ts';
import { type AnswerLine, valuesOf } from './answer.ts';
import { followScript, type LogPosition } from './scripts/logs.ts';
import type { Place } from './scripts/prelude.ts';

const INTERVAL_MS = 500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A log that is shorter than what was read is being cut, or, when it stays so, was emptied by somebody else. */
const SHORTER_LOOKS = 3;

export interface FollowLogOptions {
  readonly signal: AbortSignal;
  /** Of the past, to begin with. Default 0. */
  readonly lines?: number;
  /** Called when the host cannot be asked any more, and with `null` when it answers again. */
  readonly onTrouble?: (trouble: OperationError | null) => void;
}

/**
 * @param ask runs a script, and returns what it answered
 * @throws OperationError when trying again is no use
 */
export async function* followLog(
  ask: (script: string, signal: AbortSignal) => Promise<AnswerLine[]>,
  place: Place,
  release: string,
  { signal, lines = 0, onTrouble }: FollowLogOptions,
): AsyncGenerator<string, void, void> {
  let position: LogPosition | null = null;
  let shorter = 0;
  let failures = 0;
  while (!signal.aborted) {
    let answer: AnswerLine[];
    try {
      answer = await ask(followScript(place, release, position, lines), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperationError) || !error.retryable) throw error;
      if (failures === 0) onTrouble?.(error);
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), signal);
      failures += 1;
      continue;
    }
    if (valuesOf(answer, 'void').length > 0) continue;
    if (failures > 0) onTrouble?.(null);
    failures = 0;
    for (const line of valuesOf(answer, 'log')) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    position = valuesOf(answer, 'at').at(-1) ?? position;
    shorter = valuesOf(answer, 'shorter').length > 0 ? shorter + 1 : 0;
    if (shorter === SHORTER_LOOKS) position = `${position?.split(' ')[0]} 0`;
    if (valuesOf(answer, 'more').length === 0) await pause(INTERVAL_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
