/**
 * What runs though the config does not have it any more: services that were taken out of it, and all those of
 * environments that were. Only their supervisors know of them.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/validate.ts';
import { fold } from '../domain/evolve.ts';
import { assertName } from '../domain/names.ts';
import type { Journal, Lease, LeaseKey } from '../journal/journal.ts';
import { SupervisorClient } from '../supervisor/client.ts';
import type { ProcessStatus } from '../supervisor/protocol.ts';

/** A service that runs and is not in the config. */
export interface Orphan {
  readonly service: string;
  readonly environment: string;
  readonly instances: number;
  /** Release ids. */
  readonly releases: readonly string[];
  /** False when the environment as a whole is not in the config. */
  readonly environmentKnown: boolean;
}

/** Where to look. */
export interface OrphanPlace {
  readonly config: Config;
  /** The state folder of the project, which has one for each environment. */
  readonly stateDir: string;
}

/** Those of an environment, and of every one that the config does not have. Starts no supervisor to find out. */
export async function orphansOf(place: OrphanPlace, environment: string): Promise<Orphan[]> {
  const forgotten = (await environmentsOnDisk(place.stateDir)).filter((name) => !hasEnvironment(place, name));
  const environments = [environment, ...forgotten.filter((name) => name !== environment)];
  const found = await Promise.all(environments.map((name) => orphansIn(place, name)));
  return found.flat();
}

/** Those of one environment, in the config or not. Throws `InvalidInputError` for what cannot be its name. */
export async function orphansIn(place: OrphanPlace, environment: string): Promise<Orphan[]> {
  assertName('environment', environment);
  const environmentKnown = hasEnvironment(place, environment);
  if (!environmentKnown && !(await isForgotten(place, environment))) return [];
  const byService = new Map<string, ProcessStatus[]>();
  for (const status of await whatRuns(place, environment)) {
    if (environmentKnown && place.config.services.includes(status.service)) continue;
    byService.set(status.service, [...(byService.get(status.service) ?? []), status]);
  }
  return [...byService].toSorted(byName).map(([service, statuses]) => {
    const releases = [...new Set(statuses.map((status) => status.release))].toSorted();
    return { service, environment, instances: statuses.length, releases, environmentKnown };
  });
}

/**
 * Stops everything of the service, and ends the deployment that it was left in: without the config nobody could
 * go on with it.
 * @param lease of the service
 * @param by who stops it
 */
export async function stopOrphan(
  { stateDir }: OrphanPlace,
  { service, environment }: LeaseKey,
  journal: Journal,
  lease: Lease,
  by: string,
  now: number,
): Promise<void> {
  await using supervisor = supervisorOf(stateDir, environment);
  await supervisor.call('stopService', { service });
  const [left] = await journal.list({ service, environment, ended: false, limit: 1 });
  if (left === undefined) return;
  const stored = await journal.read(left.id);
  const state = fold(
    left.id,
    stored.map(({ event }) => event),
  );
  const message = `${by} stopped ${service}, which is not in the config any more`;
  const at = Math.max(now, stored.at(-1)?.event.at ?? now);
  const cause = { kind: 'abort', message } as const;
  await journal.append(
    left.id,
    state.seq,
    [{ type: 'deployment-finished', at, outcome: 'failed', cause }],
    lease,
  );
}

/** Ends the supervisor of an environment, and whatever it runs. */
export async function shutDown({ stateDir }: OrphanPlace, environment: string): Promise<void> {
  await using supervisor = supervisorOf(stateDir, environment);
  await supervisor.shutdown({ stopProcesses: true });
}

async function whatRuns({ stateDir }: OrphanPlace, environment: string): Promise<ProcessStatus[]> {
  await using supervisor = supervisorOf(stateDir, environment);
  if (!(await supervisor.needed())) return [];
  return await supervisor.call('inspect', { service: null });
}

function supervisorOf(stateDir: string, environment: string): SupervisorClient {
  return new SupervisorClient({ stateDir: join(stateDir, environment) });
}

function hasEnvironment({ config }: OrphanPlace, environment: string): boolean {
  return Object.hasOwn(config.environments, environment);
}

/** Whether there was, or is, anything of an environment that the config does not have. */
export async function isForgotten(place: OrphanPlace, environment: string): Promise<boolean> {
  return (
    !hasEnvironment(place, environment) && (await environmentsOnDisk(place.stateDir)).includes(environment)
  );
}

/** Names of folders that may be those of an environment. */
async function environmentsOnDisk(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && isName(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

function isName(name: string): boolean {
  try {
    assertName('environment', name);
    return true;
  } catch {
    return false;
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
