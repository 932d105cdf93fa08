/** The router of a service whose config names a load balancer that is there already. */
import { resolve } from 'node:path';
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { LoadBalancerConfig } from '../../config/schema/router.ts';
import type { OperationContext } from '../../domain/operation.ts';
import type { OpenSocket, RunScript } from '../../routers/reach.ts';
import type { Backend, Router, RouteStatus, Split } from '../../routers/router.ts';

/** The machine of the load balancer. */
export interface BalancerReach {
  readonly run: RunScript;
  readonly socket: (place: string) => OpenSocket;
  close(): void;
}

/**
 * Each is loaded when it is needed.
 * @param dir the folder of the config: paths in it start there where the load balancer is on this machine
 * @param reach `null`: this machine
 */
export async function makeLoadBalancer(
  { name }: ResolvedService,
  config: LoadBalancerConfig,
  dir: string,
  reach: BalancerReach | null,
): Promise<Router> {
  const at = (file: string) => (reach === null ? resolve(dir, file) : file);
  const run = reach === null ? {} : { run: reach.run };
  const place = (where: string) => reach?.socket(where) ?? where;
  switch (config.type) {
    case 'haproxy': {
      const [{ HaproxyRouter }, { haproxyConfigFile }, { haproxySocket }] = await Promise.all([
        import('../../routers/haproxy/haproxy-router.ts'),
        import('../../routers/haproxy/config-file.ts'),
        import('../../routers/haproxy/connection.ts'),
      ]);
      const {
        socket,
        before,
        program,
        backend = name,
        serverOptions,
        healthyTimeoutMs,
        drainTimeoutMs,
      } = config;
      return new HaproxyRouter({
        connection: haproxySocket(place(socket)),
        config: haproxyConfigFile({
          file: at(config.file),
          before: before.map(at),
          program,
          ...run,
        }),
        backends: { [name]: backend },
        serverOptions,
        healthyTimeoutMs,
        drainTimeoutMs,
      });
    }
    case 'nginx': {
      const { NginxRouter } = await import('../../routers/nginx/nginx-router.ts');
      const { type: _type, on: _on, url: _url, upstream = name, ...options } = config;
      return new NginxRouter({ ...options, ...run, upstreams: { [name]: upstream } });
    }
    case 'caddy': {
      const [{ CaddyRouter }, { caddyAdmin }] = await Promise.all([
        import('../../routers/caddy/caddy-router.ts'),
        import('../../routers/caddy/admin.ts'),
      ]);
      const { admin, host, id = name, drainTimeoutMs } = config;
      const options = host === undefined ? {} : { host };
      return new CaddyRouter({
        admin: caddyAdmin(place(admin), options),
        ids: { [name]: id },
        drainTimeoutMs,
      });
    }
  }
}

/** Takes everything of the service out. Resolves with whether there was anything. */
export async function takeOut(router: Router, service: string, context: OperationContext): Promise<boolean> {
  const { backends } = await router.inspect(service, context);
  await Promise.all(backends.map(({ target, release }) => router.drain(service, target, release, context)));
  return backends.length > 0;
}

/**
 * A router behind a fence: a load balancer does not know of leases, so whoever holds one is asked first, before each
 * change. A controller that was stopped in the middle of a call and wakes up late is not kept out by it.
 */
export class FencedRouter implements Router {
  readonly name: string;
  readonly #router: Router;
  readonly #assertCurrent: (context: OperationContext) => Promise<unknown>;

  /** @param assertCurrent rejects with `FencedError` when the lease is over */
  constructor(router: Router, assertCurrent: (context: OperationContext) => Promise<unknown>) {
    this.name = router.name;
    this.#router = router;
    this.#assertCurrent = assertCurrent;
  }

  async admit(
    service: string,
    backend: Backend,
    split: Split | null,
    context: OperationContext,
  ): Promise<void> {
    await this.#assertCurrent(context);
    await this.#router.admit(service, backend, split, context);
  }

  async drain(
    service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    await this.#assertCurrent(context);
    return await this.#router.drain(service, target, release, context);
  }

  async shift(service: string, split: Split | null, context: OperationContext): Promise<void> {
    await this.#assertCurrent(context);
    await this.#router.shift(service, split, context);
  }

  inspect(service: string, context: OperationContext): Promise<RouteStatus> {
    return this.#router.inspect(service, context);
  }
}
