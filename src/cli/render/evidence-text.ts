/** Evidence of a failure: the last probe, how the process ended, and the end of its log, quoted. */
import type { Cause } from '../../domain/event.ts';
import type { Evidence } from '../../errors.ts';
import { clean } from '../../words/clean.ts';
import type { Paint } from '../../words/paint.ts';
import { inWords } from '../../words/words.ts';
import type { Labelled } from './layout.ts';

/** The probe and the end of the process, where the sentence has not told them already. */
export function evidenceFacts({ message, evidence = {} }: Pick<Cause, 'message' | 'evidence'>): Labelled[] {
  const { probe, exitCode, signal } = evidence;
  const ends = signal === undefined ? (exitCode === undefined ? '' : `exit code ${exitCode}`) : signal;
  return [
    { label: 'probe', lines: probe === undefined || message.includes(probe) ? [] : [inWords(probe)] },
    { label: 'ended', lines: ends === '' || message.includes(ends) ? [] : [`with ${ends}`] },
  ];
}

/** The last lines of the service's own log, at most `most`, each behind a bar. */
export function logLines(evidence: Evidence | undefined, most: number, paint: Paint): string[] {
  if (most <= 0) return [];
  const lines = (evidence?.log ?? [])
    .flatMap((line) => line.split('\n'))
    .map((line) => clean(line).trimEnd());
  return lines.slice(-most).map((line) => `${paint.dim(paint.symbols.quote)} ${line}`);
}
