/**
 * The file that HAProxy reads when it is started and reloaded. It is changed by one at a time, whole or not at
 * all, and only to what HAProxy itself accepts; HAProxy is not reloaded for it.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { messageOf, OperationError } from '../../errors.ts';

/** The way to a HAProxy's config, wherever it is. */
export interface HaproxyConfig {
  read(signal: AbortSignal): Promise<string>;
  /**
   * Puts what `edit` makes of the text in its place, unless nothing is changed by it. Nobody else changes the
   * file between the two.
   */
  change(edit: (text: string) => string, signal: AbortSignal): Promise<void>;
}

export interface HaproxyConfigFileOptions {
  /** Such as `/etc/haproxy/haproxy.cfg`. It has the marks of `config-block.ts` in each backend of a service. */
  readonly file: string;
  /** Other files and folders that this HAProxy is started with before `file`, in their order. Default none. */
  readonly before?: readonly string[];
  /** The program that checks the file. Default `haproxy`. */
  readonly program?: string;
}

const CHECK_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 30_000;
const LOCK_RETRY_MS = 20;

const run = promisify(execFile);

/** A config file on this machine. */
export function haproxyConfigFile(options: HaproxyConfigFileOptions): HaproxyConfig {
  const read = () => explaining(options.file, () => readFile(options.file, 'utf8'));
  return {
    read,
    async change(edit, signal) {
      await read();
      // A link stays one: what it leads to is replaced.
      const file = await realpath(options.file);
      const unlock = await explaining(file, () => lock(`${file}.sluice-lock`, signal));
      try {
        const before = await read();
        const after = edit(before);
        if (after !== before) await explaining(file, () => replace(file, after, options));
      } finally {
        unlock();
      }
    },
  };
}

async function replace(file: string, text: string, options: HaproxyConfigFileOptions): Promise<void> {
  // Not `.cfg`: of a folder HAProxy reads all that ends so.
  const draft = `${file}.sluice-draft`;
  const { mode, uid, gid } = await stat(file);
  await rm(draft, { force: true });
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await check(draft, options);
    const made = await stat(draft);
    if (made.uid !== uid || made.gid !== gid) await chown(draft, uid, gid);
    await chmod(draft, mode & 0o7777);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

async function check(draft: string, { file, before = [], program = 'haproxy' }: HaproxyConfigFileOptions) {
  const args = [...before, draft].flatMap((each) => ['-f', each]);
  try {
    await run(program, ['-c', ...args], { timeout: CHECK_TIMEOUT_MS });
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: unknown };
    if (code === 'ENOENT') {
      throw new OperationError(`There is no program ${program}, which checks ${file} before it is changed`, {
        cause: error,
        retryable: false,
        remedy: 'Give the path of haproxy as `program`.',
      });
    }
    const said = (stderr ?? '').trim() || messageOf(error);
    throw new OperationError(`HAProxy does not accept the new ${file}, which stays as it was: ${said}`, {
      cause: error,
      retryable: false,
      remedy: `Try \`${program} -c ${args.join(' ').replace(draft, file)}\`: the file may have been wrong before.`,
    });
  }
}

/**
 * A lock that the system itself takes back when its holder dies, so that none is ever stuck: that of a small
 * SQLite file, which nothing is ever written to.
 */
async function lock(file: string, signal: AbortSignal): Promise<() => void> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  const database = new Database(file, { timeout: 0 });
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      if (
        (error as { code?: string }).code !== 'SQLITE_BUSY' ||
        performance.now() > deadline ||
        signal.aborted
      ) {
        database.close();
        throw error;
      }
    }
    await sleep(LOCK_RETRY_MS);
  }
}

async function explaining<Value>(file: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof OperationError) throw error;
    const { code } = error as { code?: string };
    const forbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'SQLITE_CANTOPEN';
    throw new OperationError(
      `The config of HAProxy, ${file}, cannot be read or changed: ${messageOf(error)}`,
      {
        cause: error,
        retryable: !forbidden && code !== 'ENOENT',
        remedy: forbidden
          ? 'Sluice writes a new file beside it and renames it: it needs the right to write in that folder.'
          : 'Give the path of the file that HAProxy is started with.',
      },
    );
  }
}
