import type { ResolvedService } from '../../config/resolve-service.ts';
import type { Fleet, FleetPlace } from './fleet.ts';

/** The fleet that the config of a service names. Each is loaded when it is needed. */
export async function makeFleet(service: ResolvedService, place: FleetPlace): Promise<Fleet> {
  switch (service.platform.type) {
    case 'process': {
      const { ProcessFleet } = await import('./process-fleet.ts');
      return ProcessFleet.open(service, place);
    }
    case 'ssh': {
      const { SshFleet } = await import('./ssh-fleet.ts');
      return SshFleet.open(service, service.platform, place);
    }
  }
}
