/** Measuring, cutting and filling lines by what they take up on a screen, colours and wide characters included. */
import stripAnsi from 'strip-ansi';
import { clean } from '../../words/clean.ts';

const COLOR = /(\u001b\[[0-9;]*m)/;
/** European letters and the symbols of our own: one column and one code unit each, so that counting is quick. */
const SIMPLE =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u03ff\u0400-\u0481\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2713-\u2717\u2800-\u28ff]*$/;
const NO_WIDTH = /^[\p{M}\p{Cc}\p{Cf}]/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;

let segmenter: Intl.Segmenter | null = null;

/** Columns that the text takes up on a screen. */
export function visibleWidth(text: string): number {
  const plain = stripAnsi(text);
  if (SIMPLE.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemesOf(plain)) width += widthOf(segment);
  return width;
}

/** Making the segmenter takes 8 ms, and most commands print nothing that needs it. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function widthOf(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** The text cut to `width` columns, with an ellipsis where something is missing. Colours end where they did. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (visibleWidth(text) <= width) return text;
  const room = width - visibleWidth(ellipsis);
  if (room < 0) return '';
  let left = room;
  let cut = '';
  let full = false;
  // Splitting by a group keeps the groups: every second part is a colour code.
  for (const [index, part] of text.split(COLOR).entries()) {
    if (index % 2 === 1) {
      cut += part;
      continue;
    }
    if (full) continue;
    const start = startOf(part, left);
    left -= visibleWidth(start);
    full = start.length < part.length;
    cut += full ? `${start}${ellipsis}` : start;
  }
  return cut;
}

/** As much of the beginning of a plain text as fits in `width` columns. */
function startOf(text: string, width: number): string {
  if (SIMPLE.test(text)) return text.slice(0, width);
  let left = width;
  let start = '';
  for (const { segment } of graphemesOf(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    start += segment;
  }
  return start;
}

/** Filled with spaces on the right to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleWidth(text)));
}

/** Filled with spaces on the left to `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - visibleWidth(text))) + text;
}

/** A plain text broken between words into lines of at most `width` columns; longer words are broken too. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(2, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (visibleWidth(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (visibleWidth(line) > room) {
      const start = startOf(line, room);
      lines.push(start);
      line = line.slice(start.length);
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** One text at the left edge and one at the right; the left one is cut where both do not fit. */
export function spread(left: string, right: string, columns: number, ellipsis = '…'): string {
  if (right === '') return truncate(left, columns, ellipsis);
  const room = columns - visibleWidth(right) - 2;
  if (room < 8) return truncate(left, columns, ellipsis);
  return `${padEnd(truncate(left, room, ellipsis), room)}  ${right}`;
}

const STEERING = /\u001b\[[0-9;]*m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const HARMLESS = /^(?:\u001b\[[0-9;]*m|[\n\t])$/;

/**
 * The last thing before a terminal: of all that could steer it, only colours, line breaks and tabs are left.
 * Text from outside has been through `clean` long before; this is for the one that somebody forgot.
 */
export function tame(text: string): string {
  return text.replace(STEERING, (found) => (HARMLESS.test(found) ? found : ''));
}

/** JSON with everything in its texts that could steer a terminal written as an escape; its value stays the same. */
export function tameJson(json: string): string {
  return json.replace(STEERING, (found) => {
    if (HARMLESS.test(found)) return found;
    return Array.from({ length: found.length }, (_, at) => {
      return `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join('');
  });
}

/** A line that a service has written: its colours may stay, where colours are printed, but end with the line. */
export function logLine(line: string, colors: boolean): string {
  if (!colors || !COLOR.test(line)) return clean(line);
  const parts = line.split(COLOR).map((part, index) => (index % 2 === 1 ? part : clean(part)));
  return `${parts.join('')}\u001b[0m`;
}
