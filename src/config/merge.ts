/** Lays what an environment overrides over a service, before either is checked. */

/** True for an object written with braces: not a list, not an instance of a class. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Mappings are merged key by key; anything else, lists too, is replaced. A strategy of another type replaces
 * the whole strategy, because options of one make no sense for another.
 */
export function mergeService(service: unknown, override: unknown): unknown {
  if (override === undefined) return service;
  if (!isMapping(service) || !isMapping(override)) return override;
  const merged = merge(service, override);
  if (!isMapping(merged) || service.strategy === undefined || override.strategy === undefined) return merged;
  return { ...merged, strategy: mergeStrategy(service.strategy, override.strategy) };
}

function merge(base: unknown, override: unknown): unknown {
  if (override === undefined) return base;
  if (!isMapping(base) || !isMapping(override)) return override;
  const entries = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(override)) entries.set(key, merge(entries.get(key), value));
  return Object.fromEntries(entries);
}

function mergeStrategy(base: unknown, override: unknown): unknown {
  const from = typeof base === 'string' ? { type: base } : base;
  const to = typeof override === 'string' ? { type: override } : override;
  if (!isMapping(from) || !isMapping(to)) return override;
  return to.type === undefined || to.type === from.type ? merge(from, to) : override;
}
