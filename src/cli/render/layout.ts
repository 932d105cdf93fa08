/** Placing things: aligned columns, bars, and rows that are shared out between the parts of a screen. */
import type { Paint } from '../../words/paint.ts';
import { padEnd, padStart, truncate, visibleWidth } from './text.ts';

/** A bar of `width` columns of which `percent` (0 to 100) is full: a little of it for anything above 0. */
export function bar(percent: number, width: number, paint: Paint): string {
  const share = Math.min(100, Math.max(0, percent)) / 100;
  let full = Math.round(share * width);
  if (share > 0 && full === 0) full = 1;
  if (share < 1 && full === width) full = width - 1;
  const { barFull, barRest } = paint.symbols;
  return paint.good(barFull.repeat(full)) + paint.dim(barRest.repeat(width - full));
}

/** Lines under a label that stands beside the first of them. */
export interface Labelled {
  readonly label: string;
  readonly lines: readonly string[];
}

/** Every label at the left, in `width` columns; those without lines are left out. */
export function labelledLines(blocks: readonly Labelled[], width: number, paint: Paint): string[] {
  return blocks.flatMap(({ label, lines }) =>
    lines.map((line, at) => paint.dim(padEnd(at === 0 ? label : '', width)) + line),
  );
}

export interface Column {
  readonly align?: 'left' | 'right';
  /** Cut first when the table is too wide; no more than one column should be. */
  readonly flexible?: true;
}

/** Spaces between two columns. */
const GAP = 2;
/** A flexible column is never cut below this. */
const NARROWEST = 8;

/** Rows as aligned columns, no line wider than `columns`. Missing cells at the end of a row are empty. */
export function table(
  rows: readonly (readonly string[])[],
  shape: readonly Column[],
  columns: number,
  ellipsis = '…',
): string[] {
  const widths = shape.map((_column, at) => Math.max(0, ...rows.map((row) => visibleWidth(row[at] ?? ''))));
  const shown = shape.flatMap((_column, at) => (widths[at] === 0 ? [] : [at]));
  const wanted = shown.reduce((sum, at) => sum + (widths[at] as number) + GAP, -GAP);
  const flexible = shape.findIndex((column) => column.flexible === true);
  if (flexible >= 0 && wanted > columns) {
    const natural = widths[flexible] as number;
    widths[flexible] = Math.min(natural, Math.max(NARROWEST, natural - (wanted - columns)));
  }
  return rows.map((row) => {
    const cells = shown.map((at) => {
      const width = widths[at] as number;
      const cell = truncate(row[at] ?? '', width, ellipsis);
      return shape[at]?.align === 'right' ? padStart(cell, width) : padEnd(cell, width);
    });
    return truncate(cells.join(' '.repeat(GAP)).trimEnd(), columns, ellipsis);
  });
}

/** What a part of a screen needs: rows below `min` are useless to it, more than `want` too. */
export interface Need {
  readonly min: number;
  readonly want: number;
}

/** Shares out `rows`: each its minimum, the first ones first, then the rest evenly up to what each wants. */
export function shareRows(rows: number, needs: readonly Need[]): number[] {
  let left = Math.max(0, rows);
  const given: number[] = [];
  const hungry = new Set<number>();
  for (const [at, { min, want }] of needs.entries()) {
    const fits = min <= left;
    given.push(fits ? min : 0);
    // A part that got less than its minimum is not shown, so it takes no more.
    if (!fits) continue;
    left -= min;
    if (min < want) hungry.add(at);
  }
  while (left > 0 && hungry.size > 0) {
    for (const at of hungry) {
      if (left === 0) break;
      const rowsOf = (given[at] as number) + 1;
      given[at] = rowsOf;
      left--;
      if (rowsOf === needs[at]?.want) hungry.delete(at);
    }
  }
  return given;
}
