/** Everything that a deployment needs, looked at before anything moves. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { InvalidInputError, messageOf, SluiceError } from '../errors.ts';
import { digestFolder } from '../platforms/process/folder-scan.ts';
import { routeOf } from './from-config.ts';
import type { ServiceDeployer } from './service-deployer.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly about: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What to do, where it is not ok. */
  readonly remedy?: string;
}

const ENOUGH_FREE_BYTES = 200 * 1024 * 1024;

/** Looks at one thing: what `look` returns is the detail, what it throws is what is wrong. */
export async function finding(about: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { about, ok: true, detail: await look() };
  } catch (error) {
    const remedy = error instanceof SluiceError ? error.remedy : undefined;
    return { about, ok: false, detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
  }
}

/** The machine and the state folder. */
export async function lookAtState(stateDir: string): Promise<Finding[]> {
  return Promise.all([
    finding('node', async () => process.version),
    finding('state folder', () => lookAtFolder(stateDir)),
    finding('disk', async () => {
      const { bavail, bsize } = await statfs(await nearestExisting(stateDir));
      const free = bavail * bsize;
      if (free < ENOUGH_FREE_BYTES) {
        throw new InvalidInputError(`only ${megabytes(free)} are free`, {
          remedy: 'Make room: releases are copies.',
        });
      }
      return `${megabytes(free)} free`;
    }),
  ]);
}

/** A state folder, or where it would be made. */
async function lookAtFolder(stateDir: string): Promise<string> {
  const place = await nearestExisting(stateDir);
  const owner = (await stat(place)).uid;
  const me = process.getuid?.() ?? owner;
  if (place === stateDir && owner !== me) {
    throw new InvalidInputError(`${place} belongs to user ${owner}, and this is user ${me}`, {
      remedy: 'Deploy as that user, or give the folder to this one with `chown -R`.',
    });
  }
  try {
    await access(place, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new InvalidInputError(`${place} cannot be written to`, {
      cause,
      remedy: 'Make it writable for this user, or deploy as one who may write there.',
    });
  }
  return stateDir;
}

/** One service: where its state is kept, its folder, its command, its secrets, its port, its supervisor. */
export async function lookAtService(deployer: ServiceDeployer): Promise<Finding[]> {
  const { name, command, secrets, ignore } = deployer.service;
  const { folder } = deployer;
  const findings = [
    await finding(`${name} state`, () => lookAtFolder(deployer.supervisor.stateDir)),
    await finding(`${name} folder`, async () => {
      await digestFolder(folder, ignore);
      return folder;
    }),
    await finding(`${name} command`, async () => findProgram(command, folder)),
    await finding(`${name} supervisor`, async () => {
      const running = await deployer.supervisor.running();
      return running === null ? 'not running; started when it is needed' : `runs with pid ${running.pid}`;
    }),
    await finding(`${name} port`, async () => lookAtPort(deployer)),
  ];
  if (secrets.length > 0) findings.push(await finding(`${name} secrets`, async () => lookAtSecrets(secrets)));
  return findings;
}

async function lookAtSecrets(names: readonly string[]): Promise<string> {
  const missing = names.filter((name) => process.env[name] === undefined);
  if (missing.length === 0) return `${names.length} are set`;
  throw new InvalidInputError(`not set: ${missing.join(', ')}`, {
    remedy: 'Set them in the environment of whoever deploys.',
  });
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
async function lookAtPort(deployer: ServiceDeployer): Promise<string> {
  const { port, service, bindHost = '127.0.0.1' } = routeOf(deployer.service);
  const { address } = await deployer.router.describe(service);
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

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = resolve(at, '..')) {
    const found = await stat(at).catch(() => null);
    if (found?.isDirectory() === true || resolve(at, '..') === at) return at;
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MB`;
}
