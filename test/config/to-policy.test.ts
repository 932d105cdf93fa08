import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigInput } from '../../src/config/define-config.ts';
import { resolveService } from '../../src/config/resolve-service.ts';
import { toPolicy } from '../../src/config/to-policy.ts';
import { validate } from '../../src/config/validate.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';

function policyOf(service: Partial<ConfigInput['services'][string]>, targets: number): Policy {
  const { config } = validate({ services: { api: { command: 'x', instances: 1000, ...service } } });
  return toPolicy(resolveService(config!), targets);
}

describe('the policy of a service', () => {
  test('is the default policy when nothing is said', () => {
    const { timeoutsMs } = DEFAULT_POLICY;
    expect(policyOf({ stopTimeout: '30s' }, 4)).toEqual({
      ...DEFAULT_POLICY,
      timeoutsMs: { ...timeoutsMs, drain: 40_000, stop: 40_000 },
    });
  });

  test('counts what was said in percent: failures rounded down, what must stay up rounded up', () => {
    const policy = (targets: number) => {
      const { maxFailures, minAvailable } = policyOf(
        { policy: { maxFailures: '34%', minAvailable: '50%' } },
        targets,
      );
      return [maxFailures, minAvailable];
    };
    expect(policy(0)).toEqual([0, 0]);
    expect(policy(1)).toEqual([0, 1]);
    expect(policy(2)).toEqual([0, 1]);
    expect(policy(3)).toEqual([1, 2]);
    expect(policy(1_000)).toEqual([340, 500]);
  });

  test('leaves a percentage of each batch as it is, since batches differ', () => {
    expect(policyOf({ policy: { maxFailuresPerBatch: '50%' } }, 4).maxFailuresPerBatch).toBe('50%');
    expect(policyOf({ policy: { maxFailuresPerBatch: 0 } }, 4).maxFailuresPerBatch).toBe(0);
    expect('maxFailuresPerBatch' in policyOf({}, 4)).toBe(false);
  });

  test('never asks for more than there is', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(50), (count, targets) => {
        const { maxFailures, minAvailable } = policyOf(
          { policy: { maxFailures: count, minAvailable: count } },
          targets,
        );
        expect([maxFailures, minAvailable]).toEqual([Math.min(count, targets), Math.min(count, targets)]);
      }),
    );
  });

  test('gives each operation the time of the waits in it, and some more', () => {
    const { timeoutsMs } = policyOf(
      {
        stopTimeout: '5m',
        policy: { stageTimeout: '1h', startTimeout: '2m', healthTimeout: '3m' },
        router: { drainTimeout: '4m' },
        hooks: { after: [{ name: 'slow', command: 'x', timeout: '1h' }] },
        checks: [{ type: 'tcp', timeout: '1m', interval: '10s', fall: 3 }],
      },
      1,
    );
    expect(timeoutsMs).toEqual({
      ...DEFAULT_POLICY.timeoutsMs,
      stage: 3_600_000,
      activate: 120_000,
      probe: 180_000,
      drain: 250_000,
      stop: 310_000,
      check: 220_000,
      hook: 3_610_000,
    });
  });

  test('gives a load balancer the time to take a change, and to find an instance healthy', () => {
    const timeoutsOf = (router: Parameters<typeof policyOf>[0]['router']) => {
      const { admit, drain, shift } = policyOf({ router }, 1).timeoutsMs;
      return { admit, drain, shift };
    };
    expect(timeoutsOf({ type: 'haproxy', drainTimeout: '4m', healthyTimeout: '1m' })).toEqual({
      admit: 360_000,
      drain: 300_000,
      shift: 60_000,
    });
    expect(timeoutsOf({ type: 'nginx', drainTimeout: '1s' })).toEqual({
      admit: 61_000,
      drain: 61_000,
      shift: 60_000,
    });
    expect(timeoutsOf({ type: 'embedded' })).toEqual({ admit: 10_000, drain: 40_000, shift: 30_000 });
  });
});
