/** What commander says of a command line that cannot be understood, as every other error is said. */

import { clean } from '../words/clean.ts';
import type { Terminal } from './terminal.ts';

const LONGEST_WORD = 60;

/** One line for what is wrong, and one for what to do. `said` is commander's: `error: ...`, and maybe a suggestion. */
export function usageError(said: string, { paint }: Pick<Terminal, 'paint'>): string[] {
  const [, wrong = said, meant] = /^error: ([\s\S]*?)(?:\n\((Did you mean [^\n]*\?)\))?\n?$/.exec(said) ?? [];
  const remedy = meant ?? 'See what there is: sluice --help, sluice VERB --help.';
  return [`${paint.bad(paint.symbols.failed)} ${shortened(clean(wrong))}`, `  ${paint.hint(clean(remedy))}`];
}

/** What was typed is told again, but not a screen full of it. */
function shortened(text: string): string {
  return text.replace(/'([^']{61,})'/g, (_whole, word: string) => `'${word.slice(0, LONGEST_WORD)}…'`);
}
