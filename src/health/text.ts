const EXCERPT_CHARACTERS = 200;

/** Which end of a text matters when it is too long. */
type End = 'start' | 'end';

/** Text from outside, quoted for a message, no longer than 200 characters. */
export function excerpt(text: string, keep: End = 'start'): string {
  return `"${oneLine(text, EXCERPT_CHARACTERS, keep)}"`;
}

/**
 * Text from outside as one line that can be shown: white space folded, control characters gone (they could
 * steer a terminal), and cut to `maxCharacters`.
 */
export function oneLine(text: string, maxCharacters: number, keep: End = 'start'): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
  const characters = Array.from(line);
  if (characters.length <= maxCharacters) return line;
  return keep === 'start'
    ? `${characters.slice(0, maxCharacters).join('')}…`
    : `…${characters.slice(-maxCharacters).join('')}`;
}

/** Whether text contains the string, or matches the expression whatever its flags remember. */
export function hasText(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : text.search(wanted) >= 0;
}

/** A wanted string or expression, for a message. */
export function inWords(wanted: string | RegExp): string {
  return typeof wanted === 'string' ? excerpt(wanted) : String(wanted);
}
