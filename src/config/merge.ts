import { isMapping, type Mapping } from './mapping.ts';

/**
 * Lays what an environment overrides over a service, before either is checked. Mappings are merged key by
 * key; anything else, lists too, is replaced. A strategy of another type replaces the whole strategy, because
 * the options of one make no sense for another.
 */
export function mergeService(service: Mapping, override: Mapping): Mapping {
  const merged = mergeMappings(service, override);
  if (service.strategy === undefined || override.strategy === undefined) return merged;
  return { ...merged, strategy: mergeStrategy(service.strategy, override.strategy) };
}

function mergeStrategy(base: unknown, override: unknown): unknown {
  const from = typeof base === 'string' ? { type: base } : base;
  const to = typeof override === 'string' ? { type: override } : override;
  if (!isMapping(from) || !isMapping(to)) return override;
  return to.type === undefined || to.type === from.type ? mergeMappings(from, to) : override;
}

function mergeMappings(base: Mapping, override: Mapping): Mapping {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(override)) {
    const before = merged.get(key);
    if (isMapping(before) && isMapping(value)) merged.set(key, mergeMappings(before, value));
    else if (value !== undefined) merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
