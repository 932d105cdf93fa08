import type { Clock } from '../../domain/clock.ts';
import { BackendPool } from './backend-pool.ts';
import { type ServiceRoute, serviceRoute } from './service-route.ts';
import { StatsCounter } from './service-stats.ts';

/** The port at which a request came in, as far as its exchange has to know. */
export interface Entrance {
  /** True once it takes no new connections: those it has are closed after their response. */
  readonly closing: boolean;
}

/** All that the router has on one service. Backends may be admitted before it is configured. */
export class RoutedService {
  readonly name: string;
  readonly pool: BackendPool;
  readonly stats = new StatsCounter();
  route: ServiceRoute;
  /** True once it is on its way out of the router. */
  leaving = false;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.route = serviceRoute({ service: name });
    this.pool = new BackendPool(() => this.route, clock);
  }
}
