import { describe, expect, test } from 'vitest';
import { onlyService, resolveService } from '../../src/config/resolve-service.ts';
import type { Config } from '../../src/config/validate.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { loadText, problemsIn } from './config-files.ts';

async function load(text: string): Promise<Config> {
  return (await loadText(text)).config;
}

const TWO = `
services:
  api:
    command: node server.js
    instances: 4
    env: { NODE_ENV: production, LOG: info }
    hosts: [api.example.com]
    strategy: { type: canary, stages: [20], bake: 1m }
    checks: [{ type: http, path: /healthz }]
    router: { drainTimeout: 1m, stickyCookie: release }
  web: { command: [node, web.js], port: 8081 }
environments:
  staging:
    services:
      api:
        instances: 1
        env: { NODE_ENV: staging }
        hosts: []
        strategy: { bake: 0s }
        checks: []
        router: { drainTimeout: 0.5s }
      web: { strategy: allAtOnce }
  production: {}
`;

describe('what an environment overrides', () => {
  test('is laid over the service: mappings are merged, lists replaced', async () => {
    const config = await load(TWO);
    const staging = resolveService(config, 'api', 'staging');
    expect(staging.name).toBe('api');
    expect(staging.environment).toBe('staging');
    expect(staging.instances).toBe(1);
    expect(staging.env).toEqual({ NODE_ENV: 'staging', LOG: 'info' });
    expect(staging.hosts).toEqual([]);
    expect(staging.checks).toEqual([]);
    expect(staging.router).toMatchObject({ type: 'embedded', drainTimeoutMs: 500, stickyCookie: 'release' });
    expect(staging.strategy).toEqual({
      type: 'canary',
      stages: [
        { percent: 20, bakeMs: 0 },
        { percent: 100, bakeMs: 0 },
      ],
    });
  });

  test('leaves the other environments as they were', async () => {
    const config = await load(TWO);
    const production = resolveService(config, 'api', 'production');
    expect(production.instances).toBe(4);
    expect(production.env).toEqual({ NODE_ENV: 'production', LOG: 'info' });
    expect(production.strategy).toMatchObject({ stages: [{ bakeMs: 60_000 }, { bakeMs: 60_000 }] });
    expect(resolveService(config, 'web', 'production').strategy.type).toBe('rolling');
  });

  test('of another type replaces the whole strategy', async () => {
    const strategyOf = async (base: string, over: string) => {
      const text = `services: {a: {command: x, strategy: ${base}}}\nenvironments: {e: {services: {a: {strategy: ${over}}}}}`;
      return resolveService(await load(text)).strategy;
    };
    expect(await strategyOf('{type: canary, stages: [10]}', 'allAtOnce')).toEqual({ type: 'allAtOnce' });
    expect(await strategyOf('{type: blueGreen, gate: "go?"}', '{type: rolling, batchSize: 1}')).toMatchObject(
      {
        type: 'rolling',
        batchSize: 1,
      },
    );
    expect(await strategyOf('{type: canary, bake: 3s}', 'canary')).toMatchObject({
      stages: [{ bakeMs: 3_000 }, {}, {}, {}],
    });
    expect(await strategyOf('canary', '{bake: 3s}')).toMatchObject({
      stages: [{ bakeMs: 3_000 }, {}, {}, {}],
    });
  });

  test('is blamed for its own mistakes, the service for its own', async () => {
    const text = [
      'services:',
      '  a: { command: x, instances: 3, port: 0, policy: { minAvailable: 2 }, strategy: { type: canary, stages: [10] } }',
      '  b: { command: x, checks: [{ type: tcp }] }',
      'environments:',
      '  one:',
      '    services:',
      '      a: { instances: none, strategy: { stages: [{}] } }',
      '      b: { checks: [{}], env: { A: [] }, comand: x }',
      '      c: {}',
      '  two: { services: { a: { instances: 1 }, b: 5 } }',
      '  three: {}',
    ].join('\n');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:2:40 services.a.port: 0 is less than 1',
      'sluice.config.yaml:7:23 environments.one.services.a.instances: must be a number, not "none"',
      'sluice.config.yaml:7:50 environments.one.services.a.strategy.stages[0].percent: is missing',
      'sluice.config.yaml:8:21 environments.one.services.b.checks[0].type: is missing: http, tcp, command, disk or memory',
      'sluice.config.yaml:8:36 environments.one.services.b.env.A: must be text, a number or true or false, not a list',
      'sluice.config.yaml:8:42 environments.one.services.b.comand: unknown key, did you mean "command"?',
      'sluice.config.yaml:9:7 environments.one.services.c: unknown service, known: a, b',
      'sluice.config.yaml:10:22 environments.two.services.a.policy.minAvailable: 2 is more than the 1 instances',
      'sluice.config.yaml:10:46 environments.two.services.b: must be a mapping, not 5',
    ]);
  });

  test('can make wrong what was right', async () => {
    const text = [
      'services: { a: { command: x, instances: 3, policy: { minAvailable: 2 } } }',
      'environments: { small: { services: { a: { instances: 1 } } } }',
    ].join('\n');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:2:38 environments.small.services.a.policy.minAvailable: 2 is more than the 1 instances',
    ]);
  });
});

describe('services on one port', () => {
  const services = (...lines: string[]) => `services:\n${lines.map((line) => `  ${line}`).join('\n')}`;

  test('need host names to be told apart', async () => {
    const text = services('a: { command: x }', 'b: { command: x }', 'c: { command: x, port: 8081 }');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:3:3 services.b.port: 8080 is the port of "a" too; give one of them another, or `hosts`',
    ]);
  });

  test('may be several with host names, and one for all other hosts', async () => {
    const text = services(
      'a: { command: x, hosts: [a.test] }',
      'b: { command: x, hosts: [b.test] }',
      'c: { command: x }',
    );
    expect(await problemsIn(text)).toEqual([]);
  });

  test('cannot share a host name', async () => {
    const text = services('a: { command: x, hosts: [a.test] }', 'b: { command: x, hosts: [b.test, A.TEST] }');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:3:36 services.b.hosts[1]: "a.test" is a host of "a" too, on the same port',
    ]);
  });

  test('of different addresses are no clash', async () => {
    const text = services('a: { command: x }', 'b: { command: x, router: { bindHost: 127.0.0.2 } }');
    expect(await problemsIn(text)).toEqual([]);
  });

  test('of a load balancer are its affair, but one place in it is for one service', async () => {
    const text = services(
      'a: { command: x, router: { type: haproxy } }',
      'b: { command: x, router: { type: haproxy } }',
      'c: { command: x, router: { type: haproxy, backend: a } }',
      'd: { command: x, router: { type: caddy } }',
      'e: { command: x, router: { type: nginx } }',
    );
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:4:28 services.c.router: is the same place as that of "a"',
    ]);
  });

  test('a router of another type in an environment replaces the whole of it', async () => {
    const text = `${services('a: { command: x, router: { stickyCookie: r, drainTimeout: 1m } }')}
environments:
  local: { services: { a: { router: { type: embedded, maxQueue: 5 } } } }
  production: { services: { a: { router: { type: nginx } } } }`;
    const config = await load(text);
    expect(resolveService(config, 'a', 'local').router).toMatchObject({ stickyCookie: 'r', maxQueue: 5 });
    expect(resolveService(config, 'a', 'production').router).toMatchObject({
      type: 'nginx',
      drainTimeoutMs: 30_000,
    });
  });

  test('clash where an environment puts them together', async () => {
    const text = `${services('a: { command: x, port: 1 }', 'b: { command: x, port: 2 }')}
environments:
  good: {}
  bad: { services: { b: { port: 1 } } }`;
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:6:33 environments.bad.services.b.port: 1 is the port of "a" too; give one of them another, or `hosts`',
    ]);
  });
});

describe('resolveService', () => {
  test('without environments there is one, local', async () => {
    const config = await load('services: { api: { command: x } }');
    expect(config.services).toEqual(['api']);
    expect(Object.keys(config.environments)).toEqual(['local']);
    expect(config.defaultEnvironment).toBe('local');
    expect(resolveService(config)).toEqual({
      name: 'api',
      environment: 'local',
      ...config.environments.local?.api,
    });
  });

  test('one environment is the default, of several the one that is named', async () => {
    const base = 'services: { api: { command: x } }\n';
    const defaultOf = async (text: string) => (await load(base + text)).defaultEnvironment;
    expect(await defaultOf('environments: { production: {} }')).toBe('production');
    expect(await defaultOf('environments: { a: {}, b: {} }')).toBeNull();
    expect(await defaultOf('environments: { a: {}, b: {} }\ndefaultEnvironment: b')).toBe('b');
  });

  test('names that are not there are refused with what may have been meant', async () => {
    const config = await load(TWO);
    const refusal = (resolve: () => unknown) => {
      try {
        resolve();
      } catch (error) {
        if (error instanceof InvalidInputError) return `${error.message}. ${error.remedy}`;
      }
      return 'accepted';
    };
    expect(refusal(() => resolveService(config, 'ap', 'staging'))).toBe(
      'there is no service "ap". Did you mean "api"?',
    );
    expect(refusal(() => resolveService(config, 'database', 'staging'))).toBe(
      'there is no service "database". Known: api, web.',
    );
    expect(refusal(() => resolveService(config, 'toString', 'staging'))).toBe(
      'there is no service "toString". Known: api, web.',
    );
    expect(refusal(() => resolveService(config, 'api', 'prodution'))).toBe(
      'there is no environment "prodution". Did you mean "production"?',
    );
    expect(refusal(() => resolveService(config, 'api', '__proto__'))).toBe(
      'there is no environment "__proto__". Known: staging, production.',
    );
    expect(refusal(() => resolveService(config, 'api'))).toBe(
      'there are several environments and none is the default. Name the one that is meant: staging or production.',
    );
    expect(refusal(() => resolveService(config, undefined, 'staging'))).toBe(
      'there are several services. Name the one that is meant: api or web.',
    );
    expect(refusal(() => onlyService(config))).toBe(
      'there are several services. Name the one that is meant: api or web.',
    );
    expect(onlyService(await load('services: { api: { command: x } }'))).toBe('api');
  });
});
