/** Everything that every deployment needs, looked at before anything moves. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { digestFolder } from '../platforms/process/folder-scan.ts';
import { type Finding, finding } from './finding.ts';
import type { ServiceDeployer } from './service-deployer.ts';

const ENOUGH_FREE_BYTES = 200 * 1024 * 1024;

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
export async function lookAtFolder(stateDir: string): Promise<string> {
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

/** One service: its folder, its secrets, and what is particular to what it runs on. */
export async function lookAtService(deployer: ServiceDeployer): Promise<Finding[]> {
  const { name, secrets, ignore } = deployer.service;
  const { folder, fleet } = deployer;
  return [
    await finding(`${name} folder`, async () => {
      await digestFolder(folder, ignore);
      return folder;
    }),
    ...(secrets.length > 0 ? [await finding(`${name} secrets`, async () => lookAtSecrets(secrets))] : []),
    ...(await fleet.findings(folder)),
  ];
}

async function lookAtSecrets(names: readonly string[]): Promise<string> {
  const missing = names.filter((name) => process.env[name] === undefined);
  if (missing.length === 0) return `${names.length} are set`;
  throw new InvalidInputError(`not set: ${missing.join(', ')}`, {
    remedy: 'Set them in the environment of whoever deploys.',
  });
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
