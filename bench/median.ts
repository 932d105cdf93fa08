/** The middle one of an odd count of numbers; the upper of the two in the middle of an even count. */
export function median(numbers: readonly number[]): number {
  const middle = numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  if (middle === undefined) throw new Error('the median of nothing');
  return middle;
}
