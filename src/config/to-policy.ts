import { type Amount, capacityFor, tolerated } from '../domain/amount.ts';
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts';
import type { RouterConfig } from './schema/router.ts';
import type { ServiceConfig } from './schema/service.ts';

/** What an operation may take beyond the wait that is its purpose: to be asked, to look, to answer. */
const GRACE_MS = 10_000;

/** What a change of a load balancer may take: to wait for those of others, to write and test its config, to reload. */
const CHANGE_MS = 60_000;

/** The policy of a service for so many targets. The timeouts of operations hold the waits within them. */
export function toPolicy(service: ServiceConfig, targets: number): Policy {
  const { policy, router, hooks, checks } = service;
  const { maxFailures, minAvailable, stageTimeoutMs, startTimeoutMs, healthTimeoutMs, ...rest } = policy;
  const hookTimeouts = [...hooks.before, ...hooks.after, ...hooks.onFailure].map((hook) => hook.timeoutMs);
  const checkTimes = checks.map((check) => check.fall * (check.timeoutMs + check.intervalMs));
  const { timeoutsMs } = DEFAULT_POLICY;
  return {
    ...rest,
    maxFailures: tolerated(maxFailures, targets),
    minAvailable: atLeast(minAvailable, targets),
    timeoutsMs: {
      ...timeoutsMs,
      stage: stageTimeoutMs,
      activate: startTimeoutMs,
      probe: healthTimeoutMs,
      ...routerTimeouts(router, timeoutsMs),
      stop: service.stopTimeoutMs + GRACE_MS,
      check: Math.max(timeoutsMs.check, ...checkTimes.map((ms) => ms + GRACE_MS)),
      hook: Math.max(timeoutsMs.hook, ...hookTimeouts.map((ms) => ms + GRACE_MS)),
    },
  };
}

function routerTimeouts(router: RouterConfig, defaults: Policy['timeoutsMs']): Partial<Policy['timeoutsMs']> {
  const { drainTimeoutMs } = router;
  if (router.type === 'embedded') return { drain: drainTimeoutMs + GRACE_MS };
  const healthyTimeoutMs = router.type === 'haproxy' ? router.healthyTimeoutMs : 0;
  return {
    // What the target has at another address leaves with it.
    admit: Math.max(defaults.admit, healthyTimeoutMs + drainTimeoutMs + CHANGE_MS),
    drain: drainTimeoutMs + CHANGE_MS,
    shift: Math.max(defaults.shift, CHANGE_MS),
  };
}

/** Percentages are rounded up: half of three is two. */
function atLeast(amount: Amount, total: number): number {
  if (typeof amount === 'number') return Math.min(amount, total);
  return capacityFor(Number(amount.slice(0, -1)), total);
}
