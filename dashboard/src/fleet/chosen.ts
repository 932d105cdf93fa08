/** Which services the filters of the fleet leave. Pure. */
import type { ServiceView } from '../../../src/server/operations.ts';

export interface FleetFilter {
  /** Words that all have to occur: in the name, a version, a target, or what is needed. */
  readonly q?: string;
  readonly environment?: string;
  /** `needs`: only what needs a person. */
  readonly show?: string;
}

export function chosen(
  services: readonly ServiceView[],
  { q = '', environment = '', show = '' }: FleetFilter,
): ServiceView[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return services.filter((view) => {
    if (environment !== '' && view.environment !== environment) return false;
    if (show === 'needs' && view.needs.length === 0) return false;
    const text = textOf(view);
    return words.every((word) => text.includes(word));
  });
}

function textOf({ service, environment, status, needs }: ServiceView): string {
  const instances = status?.instances.flatMap(({ version, target }) => [version, target]) ?? [];
  return [service, environment, ...instances, ...needs].join('\n').toLowerCase();
}
