/** Starting the supervisor: detached from whoever does it, and never two of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SupervisorError } from '../errors.ts';
import { guarded } from './guardian.ts';
import { tailLines } from './log-reader.ts';
import { assertRoom, prepareStateDir } from './state-dir.ts';

const LOOK_INTERVAL_MS = 10;
/** After one that ended because another holds the lock: that one may just be about to end. */
const AGAIN_MS = 200;
const TAIL_LINES = 10;

export interface LaunchOptions {
  /** Absolute. */
  readonly stateDir: string;
  /** Program and arguments, to which the state folder is added. */
  readonly command: readonly string[];
  readonly idleExitMs: number | null;
  /** The longest to wait until it answers. */
  readonly timeoutMs: number;
}

/** The supervisor that came with this file, with its guardian. */
export function builtSupervisor(): readonly string[] {
  return guarded([process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))]);
}

/**
 * Starts a supervisor and waits until `answers` finds that one does, this or another that was started at the
 * same time.
 * @throws SupervisorError with the end of its log
 */
export async function launch(options: LaunchOptions, answers: () => Promise<boolean>): Promise<void> {
  await prepareStateDir(options.stateDir);
  await assertRoom(options.stateDir);
  const logFile = join(options.stateDir, 'supervisor.log');
  const deadline = performance.now() + options.timeoutMs;
  while (performance.now() < deadline) {
    const child = await startDetached(options, logFile);
    while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
      if (await answers()) return;
      await sleep(LOOK_INTERVAL_MS);
    }
    if (await answers()) return;
    if (child.exitCode !== 0) break;
    await sleep(AGAIN_MS);
  }
  const tail = await tailLines(logFile, TAIL_LINES).catch(() => []);
  throw new SupervisorError(
    ['the supervisor of local processes does not start; the end of its log:', ...tail].join('\n  '),
    { remedy: `See ${logFile}.` },
  );
}

async function startDetached(options: LaunchOptions, logFile: string): Promise<ChildProcess> {
  const log = await open(logFile, 'a', 0o600);
  try {
    return await startWith(options, log);
  } finally {
    await log.close();
  }
}

async function startWith({ command, stateDir, idleExitMs }: LaunchOptions, log: FileHandle) {
  const [program = '', ...args] = command;
  const child = spawn(program, [...args, stateDir, ...(idleExitMs === null ? [] : [String(idleExitMs)])], {
    // Not the caller's folder, which could then not be unmounted.
    cwd: '/',
    detached: true,
    env: supervisorEnvironment(),
    stdio: ['ignore', log.fd, log.fd],
  });
  if (child.pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new SupervisorError(`the supervisor cannot be started: ${error.message}`, { cause: error });
  }
  child.unref();
  return child;
}

/** Little: what the services get is sent with each of them, and no secret of the caller should live on. */
function supervisorEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TZ, TMPDIR } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, LANG, TZ, TMPDIR }).filter(([, value]) => value));
}
