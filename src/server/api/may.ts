/** Whether somebody may do something somewhere. The one place that decides it, for the server and for what the dashboard shows. */
import type { SignalName } from '../../domain/event.ts';
import { type Grant, type Identity, MAY, PERMISSIONS, type Permission } from './permissions.ts';

/** All environments. */
export const EVERYWHERE = '*';

/**
 * Whether the identity may do it in this environment; in `*`, whether in all of them. A token for CI may
 * nothing but `trigger`, whatever its grants say; which lets it see what comes of that, see `Needs`.
 */
export function may({ grants, trigger }: Identity, permission: Permission, environment: string): boolean {
  if (trigger !== undefined && permission !== 'trigger') return false;
  return grants.some((grant) => isFor(grant, environment) && MAY[grant.role].includes(permission));
}

/** Whether there is any environment where the identity may do it. */
export function mayAnywhere(identity: Identity, permission: Permission): boolean {
  return identity.grants.some(({ environment }) => may(identity, permission, environment));
}

/** The permissions in each of these environments, and in `*`. */
export function permissionsOf(
  identity: Identity,
  environments: readonly string[],
): Record<string, readonly Permission[]> {
  const places = [EVERYWHERE, ...environments];
  return Object.fromEntries(
    places.map((place) => [place, PERMISSIONS.filter((permission) => may(identity, permission, place))]),
  );
}

/**
 * What a signal needs. To promote everything that is left is also a yes at each gate to come, and to promote at a gate
 * is a yes there.
 */
export function neededFor(signal: SignalName, full: boolean, atGate: boolean): readonly Permission[] {
  switch (signal) {
    case 'approve':
    case 'reject':
      return ['approve'];
    case 'abort':
      return ['abort'];
    case 'promote':
      return full || atGate ? ['deploy', 'approve'] : ['deploy'];
    case 'pause':
    case 'resume':
    case 'retry':
      return ['deploy'];
  }
}

function isFor(grant: Grant, environment: string): boolean {
  return grant.environment === EVERYWHERE || grant.environment === environment;
}
