/** What a service on processes of this machine needs. */
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { EmbeddedRouterConfig } from '../../config/schema/router.ts';
import { InvalidInputError, messageOf } from '../../errors.ts';
import type { Router } from '../../routers/router.ts';
import type { SupervisorClient } from '../../supervisor/client.ts';
import type { SupervisedRouter } from '../../supervisor/supervised-router.ts';
import { lookAtFolder } from '../doctor.ts';
import { type Finding, finding } from '../finding.ts';
import { routeOf } from '../from-config.ts';

const ROUTER_TIMEOUT_MS = 10_000;

interface Parts {
  readonly supervisor: SupervisorClient;
  readonly embedded: SupervisedRouter;
  /** Where the config names a load balancer. */
  readonly balancer: Router | null;
}

export async function processFindings(
  service: ResolvedService,
  folder: string,
  { supervisor, embedded, balancer }: Parts,
): Promise<Finding[]> {
  const { name, command, router } = service;
  return [
    await finding(`${name} state`, () => lookAtFolder(supervisor.stateDir)),
    await finding(`${name} command`, async () => findProgram(command, folder)),
    await finding(`${name} supervisor`, async () => {
      const running = await supervisor.running();
      return running === null ? 'not running; started when it is needed' : `runs with pid ${running.pid}`;
    }),
    router.type === 'embedded'
      ? await finding(`${name} port`, async () => lookAtPort(service, router, embedded))
      : await finding(`${name} router`, async () => lookAtRouter(name, balancer)),
  ];
}

/** The program of a command, looked for as it will be when an instance starts. */
async function findProgram(command: string | readonly string[], folder: string): Promise<string> {
  const [program = ''] = typeof command === 'string' ? command.trim().split(/\s+/) : command;
  // A line for the shell may begin with anything; only plain words can be looked for.
  if (!/^[\w./+-]+$/.test(program)) return 'a line for /bin/sh';
  const places = program.includes('/')
    ? [resolve(folder, program)]
    : (process.env.PATH ?? '').split(delimiter).map((path) => join(path, program));
  for (const place of places) {
    const found = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return place;
  }
  throw new InvalidInputError(`there is no program ${JSON.stringify(program)}`, {
    remedy: 'Install it, or correct the command in the config.',
  });
}

/** Ours already, or free. */
async function lookAtPort(
  service: ResolvedService,
  config: EmbeddedRouterConfig,
  router: SupervisedRouter,
): Promise<string> {
  const { port, bindHost = '127.0.0.1' } = routeOf(service, config);
  const { address } = await router.describe(service.name);
  if (address?.port === port) return `${port}, in use by this service`;
  const server = createServer();
  try {
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen({ port: port ?? 0, host: bindHost }, done);
    });
  } catch (cause) {
    throw new InvalidInputError(`port ${port} cannot be had: ${messageOf(cause)}`, {
      cause,
      remedy: 'Stop what uses it, or choose another `port` in the config.',
    });
  } finally {
    server.close();
  }
  return `${port}, free`;
}

/** It can be asked, and knows of the service. */
async function lookAtRouter(service: string, balancer: Router | null): Promise<string> {
  const seen = await balancer?.inspect(service, { signal: AbortSignal.timeout(ROUTER_TIMEOUT_MS) });
  const count = seen?.backends.length ?? 0;
  return `${balancer?.name} can be asked; it has ${count === 1 ? '1 instance' : `${count} instances`}`;
}
