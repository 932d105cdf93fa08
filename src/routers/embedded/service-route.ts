/**
 * What the embedded router needs to know to serve one service: where it listens, by which host names it is
 * known, and the bound of every wait. Plain JSON.
 */
import { assertName } from '../../domain/names.ts';
import { InvalidInputError } from '../../errors.ts';

export interface ServiceRoute {
  readonly service: string;
  /** TCP port to listen on; 0 (the default) takes any free one, see `EmbeddedRouter.address`. */
  readonly port: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly bindHost: string;
  /**
   * Host names of the service, without port, any case; with them several services share one port. Default
   * none: the service answers for every host that no other service of the port has.
   */
  readonly hosts: readonly string[];
  /** Name of the cookie that keeps a person on one release during a split; `false` (the default) for none. */
  readonly stickyCookie: string | false;
  /**
   * Request header by which a tester picks a release, by version or by release id, also one with a share of
   * 0. Default `x-sluice-release`; `false` takes the choice away.
   */
  readonly releaseHeader: string | false;
  /**
   * Keep the X-Forwarded-Proto, -Host and -Port that come with a request. True only behind a proxy that sets
   * them, as anybody can send them. Default false: they are overwritten. X-Forwarded-For is always appended to.
   */
  readonly trustForwarded: boolean;
  /** To open a connection to a backend. Default 2000. */
  readonly connectTimeoutMs: number;
  /** From the request sent to the head of its response; to within a second. Default 60000. */
  readonly responseTimeoutMs: number;
  /** A body, either way, or an upgraded connection on which nothing moves. Default 300000. */
  readonly idleTimeoutMs: number;
  /** For a drained backend to finish what it has; what is left then is cut off. Default 30000. */
  readonly drainTimeoutMs: number;
  /** For a request to wait until a backend has room. Default 10000. */
  readonly queueTimeoutMs: number;
  /** For a client to send the head of its request; the largest of those that share a port. Default 30000. */
  readonly requestTimeoutMs: number;
  /** Requests that may wait for a backend; the next is refused with 503. Default 1000. */
  readonly maxQueue: number;
  /** Requests and upgraded connections that one backend has at a time. Default 1000. */
  readonly maxInFlightPerBackend: number;
  /**
   * Connections that clients may have open at a time; one more is closed at once. The largest of those that
   * share a port. Default 10000.
   */
  readonly maxConnections: number;
  /** Size of a request's head; the largest of those that share a port. Default 16384. */
  readonly maxHeaderBytes: number;
}

/** A route of which all but the service may be left out. */
export type ServiceRouteOptions = Partial<ServiceRoute> & Pick<ServiceRoute, 'service'>;

const DEFAULTS: Omit<ServiceRoute, 'service'> = {
  port: 0,
  bindHost: '127.0.0.1',
  hosts: [],
  stickyCookie: false,
  releaseHeader: 'x-sluice-release',
  trustForwarded: false,
  connectTimeoutMs: 2_000,
  responseTimeoutMs: 60_000,
  idleTimeoutMs: 300_000,
  drainTimeoutMs: 30_000,
  queueTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  maxQueue: 1_000,
  maxInFlightPerBackend: 1_000,
  maxConnections: 10_000,
  maxHeaderBytes: 16_384,
};

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HOST_NAME = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$/;

const TIMEOUTS = [
  'connectTimeoutMs',
  'responseTimeoutMs',
  'idleTimeoutMs',
  'drainTimeoutMs',
  'queueTimeoutMs',
  'requestTimeoutMs',
] as const;

/**
 * Fills in the defaults and brings names to lower case.
 * @throws InvalidInputError naming the field that cannot be used
 */
export function serviceRoute(options: ServiceRouteOptions): ServiceRoute {
  assertName('service', options.service);
  const given = { ...DEFAULTS, ...options };
  const route: ServiceRoute = {
    ...given,
    hosts: given.hosts.map((host) => host.toLowerCase()),
    releaseHeader: given.releaseHeader === false ? false : given.releaseHeader.toLowerCase(),
  };
  assertNumbers(route);
  assertNames(route);
  return route;
}

function assertNumbers(route: ServiceRoute): void {
  assertWhole(route, 'port', 0, 65_535);
  for (const field of TIMEOUTS) assertWhole(route, field, 1, LONGEST_TIMER_MS);
  assertWhole(route, 'maxQueue', 0, 1_000_000);
  assertWhole(route, 'maxInFlightPerBackend', 1, 1_000_000);
  assertWhole(route, 'maxConnections', 1, 1_000_000);
  assertWhole(route, 'maxHeaderBytes', 1_024, 1_048_576);
}

function assertWhole(route: ServiceRoute, field: keyof ServiceRoute, least: number, most: number): void {
  const value = route[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  refuse(route, field, `Give a whole number from ${least} to ${most}.`);
}

function assertNames(route: ServiceRoute): void {
  if (route.bindHost === '') refuse(route, 'bindHost', 'Give an address of this machine, such as 127.0.0.1.');
  if (!route.hosts.every((host) => HOST_NAME.test(host))) {
    refuse(route, 'hosts', 'Give exact host names without port, such as api.example.com.');
  }
  for (const field of ['stickyCookie', 'releaseHeader'] as const) {
    const name = route[field];
    if (name !== false && !TOKEN.test(name))
      refuse(route, field, 'Use letters, digits and dashes, or false.');
  }
}

function refuse(route: ServiceRoute, field: keyof ServiceRoute, remedy: string): never {
  const value = JSON.stringify(route[field]);
  throw new InvalidInputError(`${value} cannot be the ${field} of service ${route.service}`, { remedy });
}
