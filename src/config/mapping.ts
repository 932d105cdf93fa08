/** Plain data by key. */
export type Mapping = Readonly<Record<string, unknown>>;

/** True for an object written with braces: not a list, not an instance of a class. */
export function isMapping(value: unknown): value is Mapping {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
