import type { Path } from './problem.ts';
import type { LoadBalancerConfig } from './schema/router.ts';
import type { ServiceConfig } from './schema/service.ts';
import { nameOf } from './words.ts';

/** Two services that cannot be told apart by the router. */
interface Clash {
  /** The later of the two. */
  readonly service: string;
  /** Where in the service. */
  readonly path: Path;
  readonly message: string;
}

/** Services that share a port without host names of their own to tell them apart by. */
export function clashes(services: ReadonlyMap<string, ServiceConfig>): Clash[] {
  const found: Clash[] = [];
  /** Who has what: `127.0.0.1:8080 api.localhost`, or without a host for who answers all others. */
  const owners = new Map<string, string>();
  for (const [service, { port, hosts, router }] of services) {
    if (router.type !== 'embedded') {
      const earlier = owners.get(placeIn(router, service));
      owners.set(placeIn(router, service), service);
      if (earlier === undefined) continue;
      found.push({ service, path: ['router'], message: `is the same place as that of ${nameOf(earlier)}` });
      continue;
    }
    for (const [index, host] of (hosts.length > 0 ? hosts : [null]).entries()) {
      const place = `${router.bindHost}:${port} ${host ?? ''}`;
      const earlier = owners.get(place);
      owners.set(place, service);
      if (earlier === undefined) continue;
      if (host === null) {
        const message = `${port} is the port of ${nameOf(earlier)} too; give one of them another, or \`hosts\``;
        found.push({ service, path: ['port'], message });
      } else {
        const who =
          earlier === service ? 'given twice' : `a host of ${nameOf(earlier)} too, on the same port`;
        found.push({ service, path: ['hosts', index], message: `${nameOf(host)} is ${who}` });
      }
    }
  }
  return found;
}

/** Where in a load balancer the service is. */
function placeIn(router: LoadBalancerConfig, service: string): string {
  switch (router.type) {
    case 'haproxy':
      return `haproxy ${router.on ?? ''} ${router.file} ${router.backend ?? service}`;
    case 'nginx':
      return `nginx ${router.on ?? ''} ${router.folder} ${router.upstream ?? service}`;
    case 'caddy':
      return `caddy ${router.on ?? ''} ${router.admin} ${router.id ?? service}`;
  }
}
