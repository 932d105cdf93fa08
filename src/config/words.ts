/** Words for error messages: values as a person wrote them, and what they may have meant. */
import { isMapping } from './mapping.ts';

const LONGEST_QUOTE = 60;
/** Control characters, and those that turn the direction of text: they would garble a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text in one line with everything that could garble a terminal written as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A value as it is named in a message: `"text"`, `3`, `a list`, `a mapping`. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') {
    const text = value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value;
    return JSON.stringify(text);
  }
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null)
    return isMapping(value) ? 'a mapping' : 'an object of a class';
  return String(value);
}

/** `a, b or c`. */
export function listOf(words: readonly unknown[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`;
}

/** What to write instead of `word`: `did you mean "command"?`, or all that is known where nothing is near. */
export function hint(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === null ? `known: ${known.join(', ') || 'none'}` : `did you mean ${nameOf(meant)}?`;
}

/** The candidate that was most likely meant by `word`; `null` when none is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const wanted = plain(word);
  let found: string | null = null;
  // A third of it may be wrong, one letter at least, but never all of it.
  let smallest = Math.min(wanted.length, Math.max(1, Math.floor(wanted.length / 3)) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance >= smallest) continue;
    smallest = distance;
    found = candidate;
  }
  return found;
}

/** `stop_timeout` and `StopTimeout` are `stopTimeout` written by another custom. */
function plain(word: string): string {
  return word
    .slice(0, LONGEST_QUOTE)
    .toLowerCase()
    .replace(/[-_\s]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length]!;
}
