import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type ConfigInput, defineConfig } from '../../src/config/define-config.ts';
import { resolveService } from '../../src/config/resolve-service.ts';
import type { ServiceConfig } from '../../src/config/schema/service.ts';
import { configSchema } from '../../src/config/schema.ts';
import { validate } from '../../src/config/validate.ts';
import { commandCheck } from '../../src/health/command-check.ts';
import { diskCheck } from '../../src/health/disk-check.ts';
import type { HealthCheck } from '../../src/health/health-check.ts';
import { httpCheck } from '../../src/health/http-check.ts';
import { memoryCheck } from '../../src/health/memory-check.ts';
import { tcpCheck } from '../../src/health/tcp-check.ts';
import { serviceRoute } from '../../src/routers/embedded/service-route.ts';
import { allAtOnceSteps } from '../../src/strategies/all-at-once.ts';
import { blueGreenSteps } from '../../src/strategies/blue-green.ts';
import { canarySteps } from '../../src/strategies/canary.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import type { Strategy } from '../../src/strategies/strategy.ts';

function serviceOf(service: ConfigInput['services'][string]): ServiceConfig {
  const { config, problems } = validate(defineConfig({ services: { api: service } }));
  expect(problems).toEqual([]);
  const { name: _, environment: __, ...rest } = resolveService(config!);
  return rest;
}

describe('defaults', () => {
  test('of a service', () => {
    expect(serviceOf({ command: 'node server.js' })).toEqual({
      folder: '.',
      command: 'node server.js',
      ignore: [],
      env: {},
      secrets: [],
      platform: { type: 'process' },
      instances: 2,
      port: 8080,
      hosts: [],
      stopTimeoutMs: 10_000,
      strategy: { type: 'rolling', batchSize: '25%', pauseMs: 0, inPlace: false },
      checks: [
        {
          type: 'tcp',
          critical: true,
          timeoutMs: 5_000,
          intervalMs: 1_000,
          rise: 1,
          fall: 1,
          startDelayMs: 0,
        },
      ],
      hooks: { before: [], after: [], onFailure: [] },
      policy: {
        onFailure: 'rollback',
        maxFailures: 0,
        minAvailable: 0,
        concurrency: 64,
        maxAttempts: 3,
        backoffMs: 250,
        stageTimeoutMs: 600_000,
        startTimeoutMs: 60_000,
        healthTimeoutMs: 60_000,
        checkIntervalMs: 1_000,
        capacityTimeoutMs: 60_000,
        pauseTimeoutMs: 86_400_000,
        keepReleases: 5,
      },
      history: { keep: 100, maxAgeMs: 365 * 86_400_000 },
      router: {
        type: 'embedded',
        bindHost: '127.0.0.1',
        stickyCookie: false,
        releaseHeader: 'x-sluice-release',
        trustForwarded: false,
        drainTimeoutMs: 30_000,
        connectTimeoutMs: 2_000,
        responseTimeoutMs: 60_000,
        idleTimeoutMs: 300_000,
        requestTimeoutMs: 30_000,
        queueTimeoutMs: 10_000,
        maxQueue: 1_000,
        maxInFlightPerBackend: 1_000,
        maxConnections: 10_000,
        maxHeaderBytes: 16_384,
      },
    });
  });

  test('of the router are those of the router itself', () => {
    const { port, hosts, router } = serviceOf({ command: 'x' });
    if (router.type !== 'embedded') throw new Error('another router');
    const { type: _, ...options } = router;
    expect(serviceRoute({ service: 'api', port, hosts, ...options })).toEqual(
      serviceRoute({ service: 'api', port }),
    );
  });

  test('of the load balancers are those of the load balancers themselves', () => {
    const routerOf = (router: ConfigInput['services'][string]['router']) =>
      serviceOf({ command: 'x', router }).router;
    expect(routerOf({ type: 'haproxy' })).toEqual({
      type: 'haproxy',
      socket: '/run/haproxy/admin.sock',
      file: '/etc/haproxy/haproxy.cfg',
      before: [],
      program: 'haproxy',
      serverOptions: ['inter', '1s', 'fall', '3', 'rise', '1'],
      healthyTimeoutMs: 30_000,
      drainTimeoutMs: 30_000,
    });
    expect(routerOf({ type: 'nginx' })).toEqual({
      type: 'nginx',
      folder: '/etc/nginx/conf.d',
      nginx: ['nginx'],
      pidFile: '/run/nginx.pid',
      serverOptions: [],
      drainTimeoutMs: 30_000,
    });
    expect(routerOf({ type: 'caddy', drainTimeout: '1m' })).toEqual({
      type: 'caddy',
      admin: '127.0.0.1:2019',
      drainTimeoutMs: 60_000,
    });
  });

  test('of the strategies', () => {
    const strategyOf = (strategy: ConfigInput['services'][string]['strategy']) =>
      serviceOf({ command: 'x', strategy }).strategy;
    const bakeMs = 10_000;
    const gate = { name: 'go?', approvals: 2, approvers: ['ann', 'bob@desk', 'c@corp.example'] };
    expect(strategyOf('canary')).toEqual({
      type: 'canary',
      stages: [10, 25, 50, 100].map((percent) => ({ percent, bakeMs })),
    });
    expect(strategyOf({ type: 'canary', stages: [0.5, { percent: 5, gate: 'go?', bake: 0 }] })).toEqual({
      type: 'canary',
      stages: [
        { percent: 0.5, bakeMs },
        { percent: 5, bakeMs: 0, gate: { name: 'go?', deadlineMs: 86_400_000, approvals: 1 } },
        { percent: 100, bakeMs },
      ],
    });
    expect(strategyOf('blueGreen')).toEqual({ type: 'blueGreen', bakeMs: 30_000 });
    expect(strategyOf({ type: 'blueGreen', gate: { ...gate, deadline: '1h' } })).toEqual({
      type: 'blueGreen',
      bakeMs: 30_000,
      gate: { ...gate, deadlineMs: 3_600_000 },
    });
    expect(strategyOf('allAtOnce')).toEqual({ type: 'allAtOnce' });
  });
});

describe('short forms', () => {
  test('variables are text, host names lower case, a line of a hook or check is for a shell', () => {
    const service = serviceOf({
      command: ['node', 'server.js'],
      env: { A: 1, B: true, C: '', D: 1.5 },
      hosts: ['API.Test'],
      hooks: {
        before: [{ name: 'a', command: 'echo "$HOME"' }],
        after: [{ name: 'b', command: ['b', ''], timeout: 5 }],
      },
      checks: [{ type: 'command', command: 'exit 0' }],
    });
    expect(service.command).toEqual(['node', 'server.js']);
    expect(service.env).toEqual({ A: '1', B: 'true', C: '', D: '1.5' });
    expect(service.hosts).toEqual(['api.test']);
    expect(service.hooks.before).toEqual([
      { name: 'a', command: ['/bin/sh', '-c', 'echo "$HOME"'], timeoutMs: 300_000 },
    ]);
    expect(service.hooks.after).toEqual([{ name: 'b', command: ['b', ''], timeoutMs: 5 }]);
    expect(service.checks).toMatchObject([{ command: ['/bin/sh', '-c', 'exit 0'] }]);
  });

  test('a check asks for what matters when it is not told more', () => {
    const { checks } = serviceOf({
      command: 'x',
      checks: [
        { type: 'http' },
        { type: 'http', url: 'https://x/y' },
        { type: 'disk' },
        { type: 'memory', minFreeBytes: 1 },
      ],
    });
    expect(checks[0]).toMatchObject({
      path: '/',
      method: 'GET',
      expectStatus: '200-299',
      redirects: 'refuse',
    });
    expect(checks[1]).not.toHaveProperty('path');
    expect(checks[2]).toMatchObject({ path: '/', minFreePercent: 5 });
    expect(checks[3]).not.toHaveProperty('minFreePercent');
  });
});

describe('what a config yields is taken as it is', () => {
  test('by the strategies', () => {
    for (const strategy of ['rolling', 'canary', 'blueGreen', 'allAtOnce'] as const) {
      expect(strategyFor(serviceOf({ command: 'x', strategy })).name).toBe(strategy);
    }
  });

  test('by the checks', () => {
    const common = {
      critical: false,
      timeout: '1h',
      interval: '1d',
      rise: 1000,
      fall: 1000,
      startDelay: '1d',
    } as const;
    const { checks } = serviceOf({
      command: 'x',
      policy: { healthTimeout: '2d' },
      checks: [
        {
          type: 'http',
          name: 'a',
          ...common,
          path: '/a?b',
          headers: { a: 'b' },
          tls: { ca: 'x', servername: 'y' },
          expectBody: 'ok',
          expectHeaders: { c: 'd' },
        },
        {
          type: 'http',
          name: 'b',
          url: 'http://x',
          expectStatus: [200, '300-399'],
          redirects: 'follow',
          method: 'HEAD',
        },
        { type: 'tcp', name: 'c', host: 'db', port: 5432 },
        {
          type: 'command',
          name: 'd',
          command: 'x',
          expectExitCode: [0, 255],
          expectOutput: 'ok',
          scope: 'service',
        },
        {
          type: 'disk',
          name: 'e',
          path: '/tmp',
          minFreePercent: 1,
          degradedBelowPercent: 2,
          minFreeBytes: 1,
          degradedBelowBytes: 2,
        },
        { type: 'memory', name: 'f' },
      ],
    });
    expect(checks.map((check) => checkFor(check).name)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

/** Compiles only while the types fit. */
function strategyFor({ strategy }: ServiceConfig): Strategy {
  switch (strategy.type) {
    case 'rolling':
      return rollingSteps(strategy);
    case 'canary':
      return canarySteps(strategy);
    case 'blueGreen':
      return blueGreenSteps(strategy);
    case 'allAtOnce':
      return allAtOnceSteps();
  }
}

function checkFor(check: ServiceConfig['checks'][number]): HealthCheck {
  switch (check.type) {
    case 'http':
      return httpCheck(check);
    case 'tcp':
      return tcpCheck(check);
    case 'command':
      return commandCheck(check);
    case 'disk':
      return diskCheck(check);
    case 'memory':
      return memoryCheck(check);
  }
}

test('defineConfig gives back what it is given, and knows what it may be', () => {
  const config: ConfigInput = { services: { api: { command: 'x' } } };
  expect(defineConfig(config)).toBe(config);
  // @ts-expect-error a unit that there is not
  defineConfig({ services: { api: { command: 'x', stopTimeout: '5 minutes' } } });
  // @ts-expect-error a key that there is not
  defineConfig({ services: { api: { command: 'x', comand: 'x' } } });
  // @ts-expect-error a strategy that there is not
  defineConfig({ services: { api: { command: 'x', strategy: 'canry' } } });
  // @ts-expect-error a key of another strategy
  defineConfig({ services: { api: { command: 'x', strategy: { type: 'rolling', stages: [] } } } });
  defineConfig({
    services: {
      api: { command: 'x', strategy: { type: 'canary', stages: [5, { percent: 50, bake: '1.5h' }] } },
    },
    environments: { staging: { services: { api: { instances: 1, router: { maxQueue: 5 }, checks: [] } } } },
  });
});

/** Every schema within a schema that says something about itself. */
function describedIn(schema: z.core.$ZodType): { schema: z.ZodType; meta: z.core.GlobalMeta }[] {
  const { def } = (schema as z.ZodType)._zod;
  const parts = Object.values(def).flatMap((part: unknown): unknown[] => {
    if (part instanceof z.ZodType) return [part];
    if (Array.isArray(part)) return part;
    return typeof part === 'object' && part !== null ? Object.values(part) : [];
  });
  const inner = parts.filter((part) => part instanceof z.ZodType).flatMap(describedIn);
  const meta = z.globalRegistry.get(schema);
  return meta === undefined ? inner : [{ schema: schema as z.ZodType, meta }, ...inner];
}

test('every example in the descriptions is right', () => {
  const examples = describedIn(configSchema).filter(({ meta }) => 'example' in meta);
  expect(examples.length).toBeGreaterThan(40);
  const wrong = examples.filter(({ schema, meta }) => !schema.safeParse(meta.example).success);
  expect(wrong.map(({ meta }) => meta)).toEqual([]);
});
