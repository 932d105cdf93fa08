/**
 * Where the supervisor listens: in the state folder, or, where that path is too long for a socket, in a
 * private folder among the temporary ones. The address file in the state folder tells which.
 */
import { lstat, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ADDRESS_FILE } from './protocol.ts';
import { replaceFile } from './replace-file.ts';

const SOCKET = 'supervisor.sock';
/** What every system takes: 104 bytes on macOS, 108 on Linux, with a NUL at the end. */
const LONGEST_PATH_BYTES = 100;
const TEMPORARY_PREFIX = 'sluice-';

/** The socket that a supervisor of this state folder was last heard to listen on; `null` for none. */
export async function readSocketPath(stateDir: string): Promise<string | null> {
  // Where nothing tells, or what tells it was damaged, it may still be where it usually is.
  const socket = (await readAddress(stateDir)) ?? join(stateDir, SOCKET);
  // Somebody else may have made one where ours was, among the temporary files.
  const owner = await lstat(socket).then(
    ({ uid }) => uid,
    () => null,
  );
  return owner === process.getuid?.() ? socket : null;
}

async function readAddress(stateDir: string): Promise<string | null> {
  try {
    const text = await readFile(join(stateDir, ADDRESS_FILE), 'utf8');
    const { socket } = JSON.parse(text) as { readonly socket?: unknown };
    return typeof socket === 'string' ? socket : null;
  } catch {
    return null; // none yet, or withdrawn
  }
}

/** A path to listen on. Only for the holder of the lock: removes what earlier ones have left. */
export async function freshSocketPath(stateDir: string): Promise<string> {
  await withdrawSocket(stateDir);
  const path = join(stateDir, SOCKET);
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) {
    await rm(path, { force: true });
    return path;
  }
  // Made with mode 0700, under a name that nobody can guess.
  return join(await mkdtemp(join(tmpdir(), TEMPORARY_PREFIX)), SOCKET);
}

export async function announceSocket(stateDir: string, socket: string): Promise<void> {
  await replaceFile(stateDir, ADDRESS_FILE, `${JSON.stringify({ socket, pid: process.pid })}\n`);
}

/** Removes the socket that is announced, and the announcement. */
export async function withdrawSocket(stateDir: string): Promise<void> {
  const socket = await readAddress(stateDir);
  if (socket !== null && basename(socket) === SOCKET) {
    await rm(socket, { force: true });
    const folder = dirname(socket);
    const temporary = dirname(folder) === tmpdir() && basename(folder).startsWith(TEMPORARY_PREFIX);
    if (temporary && folder !== stateDir) await rmdir(folder).catch(() => {});
  }
  await rm(join(stateDir, ADDRESS_FILE), { force: true });
}
