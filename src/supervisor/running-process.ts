/**
 * A process that runs: started by this supervisor, whose end the kernel tells, or adopted from an earlier
 * one, which is looked at now and then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { OperationError } from '../errors.ts';
import { toArgv } from './command-line.ts';
import { type LogFiles, logPath } from './log-files.ts';
import { tailLines } from './log-reader.ts';
import { endGroup } from './process-group.ts';
import { identifyProcess, identifyProcesses } from './process-identity.ts';
import type { ProcessSpec } from './protocol.ts';
import { hidingSecretsIn, readSecrets } from './secrets-file.ts';

const ADOPTED_INTERVAL_MS = 250;
const TAIL_LINES = 20;
/** The machine is short of something; it may have it in a moment. */
const TRANSIENT: ReadonlySet<string> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

/** How a process ended; both `null` when it was adopted, as only its parent is told. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface RunningProcess {
  /** Also the number of its process group. */
  readonly pid: number;
  /** See `identifyProcess`; `null` when it was dead before it could be asked. */
  readonly identity: string | null;
  readonly ended: Promise<ProcessEnd>;
}

export interface StartOrder {
  readonly spec: ProcessSpec;
  readonly port: number;
  readonly token: string;
}

/** The line in the environment of an instance, and of all that it starts, by which they are known as ours. */
export function markOf(token: string): string {
  return `SLUICE_INSTANCE=${token}`;
}

/**
 * Starts a process in a session and group of its own, with its output in its log file.
 * @throws OperationError when it cannot be started, with the tail of its log
 */
export async function startProcess(
  order: StartOrder,
  stateDir: string,
  logs: LogFiles,
): Promise<RunningProcess> {
  const { spec } = order;
  const file = logPath(stateDir, spec.service, spec.target, spec.release);
  const env = { ...spec.env, ...(await readSecrets(spec.secretsFile)), ...ownVariables(order) };
  let child: ChildProcess;
  try {
    const log = await logs.open(file);
    try {
      const [program = '', ...args] = toArgv(spec.command);
      child = spawn(program, args, { cwd: spec.folder, env, detached: true, stdio: ['ignore', log, log] });
    } finally {
      closeSync(log);
    }
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
  } catch (error) {
    const failure = describe(spec, error as NodeJS.ErrnoException);
    await appendFile(file, `sluice: ${failure.message}\n`).catch(() => {});
    throw new OperationError(failure.message, {
      cause: error,
      remedy: failure.remedy,
      retryable: TRANSIENT.has((error as NodeJS.ErrnoException).code ?? ''),
      evidence: { log: await logTail(file, spec.secretsFile) },
    });
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return { pid: child.pid, identity: await identifyProcess(child.pid), ended };
}

/** The end of the log of an instance, without its secrets, as evidence of what happened. */
export async function logTail(file: string, secretsFile: string | null): Promise<string[]> {
  const hide = await hidingSecretsIn(secretsFile);
  return await tailLines(file, TAIL_LINES, { hide }).catch(() => []);
}

/** Ends a process with all that it has started; resolves when nothing of it lives. See `endGroup`. */
export async function endProcess(process: RunningProcess, timeoutMs: number): Promise<void> {
  const identity = await identifyProcess(process.pid);
  // Its pid is somebody else's by now, so nothing of its group is left: else the pid would not be free.
  if (identity !== null && identity !== process.identity) return;
  await endGroup(process.pid, timeoutMs);
}

/** Looks at adopted processes, all at once. */
export class Adoptions {
  readonly #watched = new Map<number, { readonly identity: string; readonly tell: () => void }>();
  #timer: NodeJS.Timeout | null = null;

  adopt(pid: number, identity: string): RunningProcess {
    const ended = new Promise<ProcessEnd>((resolve) => {
      this.#watched.set(pid, { identity, tell: () => resolve({ exitCode: null, signal: null }) });
    });
    this.#timer ??= setTimeout(() => void this.#look(), ADOPTED_INTERVAL_MS).unref();
    return { pid, identity, ended };
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watched.clear();
  }

  async #look(): Promise<void> {
    // Where it cannot be told, nobody is taken for dead.
    const living = await identifyProcesses([...this.#watched.keys()]).catch(() => null);
    for (const [pid, { identity, tell }] of this.#watched) {
      if (living === null || living.get(pid) === identity) continue;
      this.#watched.delete(pid);
      tell();
    }
    this.#timer =
      this.#watched.size === 0 ? null : setTimeout(() => void this.#look(), ADOPTED_INTERVAL_MS).unref();
  }
}

function ownVariables({ spec, port, token }: StartOrder): Record<string, string> {
  const [name, value] = markOf(token).split('=') as [string, string];
  return {
    PORT: String(port),
    SLUICE_SERVICE: spec.service,
    SLUICE_TARGET: spec.target,
    SLUICE_VERSION: spec.version,
    SLUICE_RELEASE: spec.release,
    [name]: value,
  };
}

function describe(
  spec: ProcessSpec,
  error: NodeJS.ErrnoException,
): { readonly message: string; readonly remedy: string } {
  const what = `${spec.service} ${spec.version} cannot be started on ${spec.target}`;
  const program = JSON.stringify(toArgv(spec.command)[0]);
  if (!existsSync(spec.folder)) {
    return {
      message: `${what}: ${spec.folder} is missing`,
      remedy: 'Deploy it again, so that it is copied.',
    };
  }
  switch (error.code) {
    case 'ENOENT':
      return {
        message: `${what}: there is no program ${program} (PATH=${spec.env.PATH ?? ''})`,
        remedy: 'Correct the command of the service, or install what it names.',
      };
    case 'EACCES':
      return {
        message: `${what}: ${program} may not be executed`,
        remedy: 'Make it executable with `chmod +x`, or name the program that runs it.',
      };
    default:
      return { message: `${what}: ${error.message}`, remedy: 'Correct the command of the service.' };
  }
}
