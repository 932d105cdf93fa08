/** A service: what is deployed, and how. */
import { z } from 'zod';
import type { Amount } from '../../domain/amount.ts';
import { duration } from '../durations.ts';
import { check } from './checks.ts';
import { history } from './history.ts';
import { hooks } from './hooks.ts';
import { type PlatformConfig, platform } from './platform.ts';
import { policy } from './policy.ts';
import { router } from './router.ts';
import { strategy } from './strategy.ts';
import { anyText, command, hostName, portNumber, text, textLike } from './values.ts';

const variable = textLike(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

export const service = z
  .strictObject({
    folder: text.default('.').meta({
      description: 'What is deployed; relative to the folder of the config file.',
      example: 'dist',
    }),
    command: command.meta({
      description:
        'Starts one instance, in the folder, with the `PORT` to listen on in its environment. A line, or a ' +
        'program and its arguments.',
      example: 'node server.js',
    }),
    ignore: z
      .array(text)
      .default([])
      .meta({
        description:
          'What is left out of a release: names wherever they are (`test`) and, with a slash, paths from the ' +
          'folder (`build/cache`). `.git` and `.sluice` always are.',
        example: ['test', 'build/cache'],
      }),
    env: z
      .record(variable, z.union([anyText, z.number(), z.boolean()]).transform(String))
      .default({})
      .meta({
        description: 'Environment variables. Not for secrets: they are kept with the release.',
        example: { NODE_ENV: 'production' },
      }),
    secrets: z
      .array(variable)
      .default([])
      .meta({
        description: 'Names of environment variables whose values are taken from whoever deploys.',
        example: ['DATABASE_URL'],
      }),
    platform: platform.prefault('process').meta({
      description: 'What it runs on. A name is short for its defaults.',
      example: { type: 'ssh', hosts: ['web1', 'web2'] },
    }),
    instances: z.int().min(1).max(1_000).exactOptional().meta({
      description: 'Copies that run. Without it: 2 processes; on servers one a host, always.',
      example: 4,
    }),
    port: portNumber.default(8080).meta({
      description: 'Where the service can be reached: the embedded router listens here.',
      example: 80,
    }),
    hosts: z
      .array(hostName)
      .default([])
      .meta({
        description:
          'Host names of the service. With them several services share one port of the embedded router.',
        example: ['api.localhost'],
      }),
    stopTimeout: duration(0, '1h').prefault('10s').meta({
      description: 'How long an instance has to end by itself after SIGTERM before it is killed.',
    }),
    strategy: strategy.prefault('rolling').meta({
      description: 'How a release takes the place of the one before. A name is short for its defaults.',
      example: 'canary',
    }),
    checks: z
      .array(check)
      .prefault([{ type: 'tcp' }])
      .meta({
        description: 'How to tell that an instance is well. All of them are asked.',
        example: [{ type: 'http', path: '/healthz' }],
      }),
    hooks: hooks
      .prefault({})
      .meta({ example: { before: [{ name: 'migrate', command: 'npm run migrate' }] } }),
    policy: policy.prefault({}).meta({ example: { onFailure: 'pause', minAvailable: '50%' } }),
    history: history.prefault({}).meta({ example: { keep: 50, maxAge: '90d' } }),
    router: router.prefault({}).meta({
      description: 'What divides the requests. Without a `type`: the embedded router.',
      example: { drainTimeout: '1m', stickyCookie: 'release' },
    }),
  })
  .superRefine(consistent)
  .transform(({ stopTimeout, ...rest }) => ({
    ...rest,
    instances: instancesOf(rest),
    stopTimeoutMs: stopTimeout,
  }))
  .meta({ title: 'Service', description: 'What is deployed, and how.' });

/** A service in one environment: every default filled in, every time in milliseconds. */
export type ServiceConfig = z.output<typeof service>;

const DEFAULT_INSTANCES = 2;

function instancesOf({ platform, instances }: Pick<Parts, 'platform' | 'instances'>): number {
  return platform.type === 'ssh' ? platform.hosts.length : (instances ?? DEFAULT_INSTANCES);
}

interface Parts {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly platform: PlatformConfig;
  readonly instances?: number;
  readonly checks: readonly {
    readonly type: string;
    readonly name?: string;
    readonly startDelayMs: number;
  }[];
  readonly router: { readonly type: string; readonly on?: string };
  readonly policy: { readonly minAvailable: Amount; readonly healthTimeoutMs: number };
}

/** What each key by itself cannot tell. What is wrong by itself comes here too, as it was written. */
function consistent(parts: Parts, context: z.RefinementCtx): void {
  const { env, secrets, platform, checks, policy } = parts;
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });

  if (Object.hasOwn(env, 'PORT')) refuse(['env', 'PORT'], 'is given by Sluice, another one to each instance');
  for (const [index, name] of secrets.entries()) {
    if (Object.hasOwn(env, name)) refuse(['secrets', index], `${name} is in \`env\` too; keep one of them`);
  }
  const names = new Set<string>();
  for (const [index, { name, startDelayMs }] of checks.entries()) {
    if (startDelayMs >= policy.healthTimeoutMs) {
      refuse(['checks', index, 'startDelay'], 'leaves no time until `policy.healthTimeout` is over');
    }
    if (name === undefined) continue;
    if (names.has(name)) refuse(['checks', index, 'name'], 'another check has this name');
    names.add(name);
  }
  if (platform.type === 'ssh') {
    if (parts.instances !== undefined && parts.instances !== platform.hosts.length) {
      refuse(['instances'], `is not for servers: each of the ${platform.hosts.length} hosts runs one`);
    }
    for (const [index, { type }] of checks.entries()) {
      if (type === 'disk' || type === 'memory') {
        refuse(['checks', index, 'type'], `\`${type}\` looks at this machine, not at a server`);
      }
    }
  }
  if (platform.type !== 'ssh' && parts.router.on !== undefined) {
    refuse(
      ['router', 'on'],
      'is for services on servers: processes of this machine cannot be reached from there',
    );
  }
  const instances = instancesOf(parts);
  const { minAvailable } = policy;
  if (typeof minAvailable === 'number' && minAvailable > instances) {
    refuse(['policy', 'minAvailable'], `${minAvailable} is more than the ${instances} instances`);
  }
}
