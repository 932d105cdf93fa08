/** From the words of the config to the parts that do the work: strategy, checks, policy, route, hooks. */

import type { ResolvedService } from '../config/resolve-service.ts';
import type { EmbeddedRouterConfig } from '../config/schema/router.ts';
import { toPolicy } from '../config/to-policy.ts';
import type { Policy } from '../domain/policy.ts';
import { type Hide, hideNothing, hiding } from '../domain/secret-text.ts';
import type { HookStep, Step } from '../domain/step.ts';
import { commandCheck } from '../health/command-check.ts';
import { diskCheck } from '../health/disk-check.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { httpCheck } from '../health/http-check.ts';
import { memoryCheck } from '../health/memory-check.ts';
import { tcpCheck } from '../health/tcp-check.ts';
import type { ServiceRouteOptions } from '../routers/embedded/service-route.ts';
import { allAtOnceSteps } from '../strategies/all-at-once.ts';
import { blueGreenSteps } from '../strategies/blue-green.ts';
import { canarySteps } from '../strategies/canary.ts';
import { rollingSteps } from '../strategies/rolling.ts';
import type { Strategy } from '../strategies/strategy.ts';

export function strategyOf({ strategy }: ResolvedService): Strategy {
  switch (strategy.type) {
    case 'rolling': {
      const { type: _type, ...options } = strategy;
      return rollingSteps(options);
    }
    case 'canary':
      return canarySteps({ stages: strategy.stages });
    case 'blueGreen': {
      const { type: _type, ...options } = strategy;
      return blueGreenSteps(options);
    }
    case 'allAtOnce':
      return allAtOnceSteps();
  }
}

/**
 * @param dir the folder of the config: commands run there
 * @param hide what nobody may see of the answers; default nothing
 */
export function checksOf({ checks }: ResolvedService, dir: string, hide: Hide = hideNothing): HealthCheck[] {
  return checks.map((check) => discreet(makeCheck(check, dir), hide));
}

function discreet(check: HealthCheck, hide: Hide): HealthCheck {
  const run: HealthCheck['run'] = async (subject, signal) => {
    const result = await check.run(subject, signal);
    return { ...result, message: hide(result.message) };
  };
  return { ...check, run };
}

/** The values of the service's secrets, as far as whoever is at the keyboard has them. */
export function hidingSecretsOf({ secrets }: ResolvedService): Hide {
  const known = secrets.map((name) => [name, process.env[name]] as const);
  return hiding(Object.fromEntries(known.filter((one): one is [string, string] => one[1] !== undefined)));
}

function makeCheck(check: ResolvedService['checks'][number], dir: string): HealthCheck {
  switch (check.type) {
    case 'http':
      return httpCheck(check);
    case 'tcp':
      return tcpCheck(check);
    case 'command':
      return commandCheck({ ...check, cwd: dir });
    case 'disk':
      return diskCheck(check);
    case 'memory':
      return memoryCheck(check);
  }
}

export function hooksOf({ hooks }: ResolvedService): Record<'before' | 'after' | 'onFailure', HookStep[]> {
  const steps = (given: typeof hooks.before) => given.map((hook): HookStep => ({ kind: 'hook', ...hook }));
  return { before: steps(hooks.before), after: steps(hooks.after), onFailure: steps(hooks.onFailure) };
}

/**
 * The policy for a plan: what the config says, and never fewer targets in service than the steps need to
 * take out at once, but for those that cannot be reached.
 * @param serving targets that serve now
 */
export function policyOf(service: ResolvedService, steps: readonly Step[], serving: number): Policy {
  const policy = toPolicy(service, service.instances);
  const inPlace = steps.map((step) =>
    step.kind === 'update' && step.mode === 'in-place' ? step.targets.length : 0,
  );
  const { minAvailable } = policy;
  const rest = serving - Math.max(0, ...inPlace);
  return rest > minAvailable ? { ...policy, minAvailable: rest, leastAvailable: minAvailable } : policy;
}

/** The route of a service that the embedded router serves. */
export function routeOf(
  { name, port, hosts }: ResolvedService,
  { type: _type, ...options }: EmbeddedRouterConfig,
): ServiceRouteOptions {
  return { service: name, port, hosts, ...options };
}

/** Where people reach the service. */
export function urlOf({ port, hosts, router }: ResolvedService): string {
  if (router.type !== 'embedded' && router.url !== undefined) return router.url;
  const balancer = router.type === 'embedded' ? undefined : router.on;
  const bindHost = router.type === 'embedded' ? router.bindHost : '127.0.0.1';
  const everybody = bindHost === '0.0.0.0' || bindHost === '::';
  const on = balancer?.slice(balancer.lastIndexOf('@') + 1);
  const host = hosts[0] ?? on ?? (everybody || bindHost === '127.0.0.1' ? 'localhost' : bindHost);
  return `http://${host.includes(':') ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}/`;
}
