import { isMapping, type Mapping } from './mapping.ts';

/**
 * Lays what an environment overrides over a service, before either is checked. Mappings are merged key by
 * key; anything else, lists too, is replaced. A strategy or router of another type replaces the whole of it,
 * because the options of one make no sense for another.
 */
export function mergeService(service: Mapping, override: Mapping): Mapping {
  const merged = mergeMappings(service, override);
  const typed = Object.entries(DEFAULT_TYPES).flatMap(([key, type]): [string, unknown][] => {
    if (service[key] === undefined || override[key] === undefined) return [];
    return [[key, mergeTyped(service[key], override[key], type)]];
  });
  return { ...merged, ...Object.fromEntries<unknown>(typed) };
}

/** The type that is meant where a mapping names none; `null` where it has to. */
const DEFAULT_TYPES = { strategy: null, router: 'embedded' } as const;

function mergeTyped(base: unknown, override: unknown, defaultType: string | null): unknown {
  const from = typeof base === 'string' ? { type: base } : base;
  const to = typeof override === 'string' ? { type: override } : override;
  if (!isMapping(from) || !isMapping(to)) return override;
  const type = from.type ?? defaultType;
  return to.type === undefined || to.type === type ? mergeMappings(from, to) : override;
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
