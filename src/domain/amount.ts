/** A count, or a percentage of a total: `2` or `'25%'`. */
export type Amount = number | `${number}%`;

/**
 * How many of `total` an amount allows to be taken at once: at least one, never more than allowed.
 * Percentages are rounded down: 33 % of 7 is 2, 10 % of 4 is 1. Of a total of 0 it is 0.
 */
export function atMost(amount: Amount, total: number): number {
  if (total === 0) return 0;
  return Math.min(total, Math.max(1, floorOf(amount, total)));
}

/** How many of `total` may fail or be missing: rounded down, 0 allowed. */
export function tolerated(amount: Amount, total: number): number {
  return Math.min(total, Math.max(0, floorOf(amount, total)));
}

/** How many of `total` instances a share of the traffic needs: rounded up, so that none is overloaded. */
export function capacityFor(percent: number, total: number): number {
  return Math.min(total, Math.ceil((percent * total) / 100));
}

/** The share of a part in a total, in whole percent, rounded down. Of a total of 0 it is 0. */
export function shareOf(part: number, total: number): number {
  return total === 0 ? 0 : Math.floor((100 * part) / total);
}

function floorOf(amount: Amount, total: number): number {
  if (typeof amount === 'number') return Math.floor(amount);
  // Multiplied before it is divided: 7 * 0.29 in floating point would lose a target now and then.
  return Math.floor((Number(amount.slice(0, -1)) * total) / 100);
}
