import { connect, type Socket } from 'node:net';
import { type CheckOptions, requireOption, scheduleOf, wholeNumber } from './check-options.ts';
import { resultOfFault } from './fault.ts';
import type { CheckResult, HealthCheck } from './health-check.ts';
import { noAddress, placeOf } from './place.ts';

export interface TcpCheckOptions extends CheckOptions {
  /** Default: the host of the instance's address. */
  readonly host?: string;
  /** Default: the port of the instance's address. */
  readonly port?: number;
}

/**
 * Opens a TCP connection and closes it: healthy when it is accepted. Without `host` and `port` it goes to the
 * instance's own address; an instance that has none is unknown.
 * @throws InvalidInputError naming the option that cannot be
 */
export function tcpCheck(options: TcpCheckOptions = {}): HealthCheck {
  const fixed = [options.host, options.port].filter((part) => part !== undefined).join(':');
  const isFixed = options.host !== undefined && options.port !== undefined;
  const schedule = scheduleOf(options, {
    name: `tcp ${fixed}`.trim(),
    scope: isFixed ? 'service' : 'instance',
  });
  const { name, scope } = schedule;
  requireOption(name, 'host', options.host, options.host !== '', 'a host name or an IP address');
  if (options.port !== undefined) wholeNumber(name, 'port', options.port, 1, 65_535);
  requireOption(name, 'scope', scope, isFixed || scope === 'instance', 'instance, or give host and port');
  return {
    ...schedule,
    async run(subject, signal) {
      const host = options.host ?? subject.address?.host;
      const port = options.port ?? subject.address?.port;
      if (host === undefined || port === undefined) return noAddress(subject);
      return tryToConnect(host, port, signal);
    },
  };
}

function tryToConnect(host: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  const place = placeOf({ host, port });
  const askedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.on('connect', () => {
      const tookMs = Math.round(performance.now() - askedAt);
      const result: CheckResult = isToItself(socket)
        ? { status: 'unhealthy', message: `connection refused ${place}` }
        : { status: 'healthy', message: `connected in ${tookMs} ms` };
      socket.destroy();
      resolve(result);
    });
    socket.on('error', (error) => {
      resolve(
        signal.aborted
          ? { status: 'unhealthy', message: `no connection to ${place}` }
          : resultOfFault(error, place),
      );
    });
  });
}

/**
 * A connection to a local port where nobody listens can meet itself, when the system happens to give it that
 * very port to come from: it opens, and there is nobody at the other end.
 */
export function isToItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}
