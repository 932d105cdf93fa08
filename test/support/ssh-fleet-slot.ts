/** Who has which part of the names and addresses for a fleet of SSH servers, and what is cleared of it at the end. */
import { existsSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipBatch } from './system-command.ts';
import { waitFor } from './wait-for.ts';

export interface Slot {
  readonly number: number;
  readonly folder: string;
  /** Of every name of the fleet; the name of its bridge. */
  readonly prefix: string;
  readonly gateway: string;
}

const SLOTS = 16;
const ADDRESSES_A_SLOT = 16 * 256;
const FLEETS = join(tmpdir(), 'sluice-ssh-fleets');

/** The first free slot; one whose owner was killed is cleared and free. */
export async function claimSlot(kept: boolean): Promise<Slot> {
  await mkdir(FLEETS, { recursive: true });
  for (const slot of slots()) {
    if (await takeOver(slot)) await clearSlot(slot);
    try {
      await mkdir(slot.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    await writeFile(ownerFile(slot), kept ? 'kept' : await identityOf(process.pid));
    return slot;
  }
  throw new Error(`all ${SLOTS} places for fleets of SSH servers are taken: see ${FLEETS}`);
}

/** Takes down every fleet that was kept, and what killed tests left behind; returns their folders. */
export async function clearFleets(): Promise<string[]> {
  const cleared: string[] = [];
  for (const slot of slots()) {
    const owner = await readFile(ownerFile(slot), 'utf8').catch(() => null);
    if (owner !== 'kept' && !(await takeOver(slot))) continue;
    await clearSlot(slot);
    cleared.push(slot.folder);
  }
  return cleared;
}

/** Ends every process of the slot's hosts and removes its network and folders. */
export async function clearSlot(slot: Slot): Promise<void> {
  const namespaces = await filesIn('/run/netns', `${slot.prefix}-`);
  await waitFor(`the processes of ${slot.folder} to end`, async () => {
    const pids = await processesIn('net', await Promise.all(namespaces.map(networkOf)));
    for (const pid of pids) kill(pid);
    return pids.length === 0;
  });
  // The links first and by name: those that go with their namespace go some time after it, and the next fleet
  // has the same names.
  const links = [...(await filesIn('/sys/class/net', `${slot.prefix}h`)), slot.prefix];
  await ipBatch(
    [...links.map((name) => `link del ${name}`), ...namespaces.map((name) => `netns del ${name}`)],
    { force: true },
  );
  await rm(slot.folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The processes whose namespace of this kind is one of these, such as `net:[4026531840]`. */
export async function processesIn(kind: 'net' | 'pid', namespaces: readonly string[]): Promise<number[]> {
  const wanted = new Set(namespaces);
  return (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => wanted.has(namespaceOf(pid, kind) ?? ''));
}

/** `null` for a process that has ended. */
export function namespaceOf(pid: number, kind: 'net' | 'pid'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return null;
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function slots(): Slot[] {
  return Array.from({ length: SLOTS }, (_, number) => ({
    number,
    folder: join(FLEETS, `${number}`),
    prefix: `slu${number}`,
    gateway: addressIn(number, 1),
  }));
}

/** The `index`th address of a slot's network. */
export function addressIn(slot: number, index: number): string {
  const at = slot * ADDRESSES_A_SLOT + index;
  return `10.78.${at >> 8}.${at & 255}`;
}

function ownerFile(slot: Slot): string {
  return join(slot.folder, 'owner');
}

/** Whether its owner is gone, and nobody else is clearing it: whoever moves the name of the owner away does. */
async function takeOver(slot: Slot): Promise<boolean> {
  if (!(await isStale(slot))) return false;
  const moved = `${ownerFile(slot)}-${process.pid}`;
  try {
    await rename(ownerFile(slot), moved);
    // Of somebody who was faster, and has it now.
    if (await isAlive(await readFile(moved, 'utf8'))) {
      await rename(moved, ownerFile(slot));
      return false;
    }
    await writeFile(ownerFile(slot), await identityOf(process.pid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
  return true;
}

async function isStale(slot: Slot): Promise<boolean> {
  if (!existsSync(slot.folder)) return false;
  const owner = await readFile(ownerFile(slot), 'utf8').catch(() => null);
  // It is written right after the folder: whoever has only the folder is a moment before that.
  if (owner === null || owner === '' || owner === 'kept') return false;
  return !(await isAlive(owner));
}

async function isAlive(owner: string): Promise<boolean> {
  return owner === (await identityOf(Number.parseInt(owner, 10)));
}

/** A process id and when that process started, since ids are used again. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'ended'}`;
}

async function filesIn(folder: string, prefix: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(prefix));
}

/** A namespace that `ip netns` named, as `/proc` names it. */
export async function networkOf(name: string): Promise<string> {
  return `net:[${(await stat(join('/run/netns', name))).ino}]`;
}
