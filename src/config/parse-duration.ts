/** Reading a length of time. Apart from its schema, which takes longer to load than a short command takes to run. */

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PATTERN = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** The milliseconds of a text such as `1.5s`, rounded to whole ones; `null` when it is not a duration. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = PATTERN.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : UNITS_MS[unit];
  return unitMs === undefined ? null : Math.round(Number(amount) * unitMs);
}
