/** Hooks as commands on the machine of the controller: program and arguments, no shell in between. */
import { spawn } from 'node:child_process';
import type { OperationContext } from '../domain/operation.ts';
import { type Hide, hideNothing } from '../domain/secret-text.ts';
import type { HookStep } from '../domain/step.ts';
import { OperationError } from '../errors.ts';
import type { HookRunner, HookSubject } from './hook-runner.ts';

const LOG_LINES = 15;
const LOG_BYTES = 64 * 1024;
const KILL_AFTER_MS = 2_000;

export class CommandHookRunner implements HookRunner {
  readonly #cwd: string;
  readonly #hide: Hide;

  /**
   * @param cwd the folder that commands run in
   * @param hide what of their output nobody may see; default nothing
   */
  constructor(cwd: string, hide: Hide = hideNothing) {
    this.#cwd = cwd;
    this.#hide = hide;
  }

  /**
   * The command sees `SLUICE_DEPLOYMENT`, `_SERVICE`, `_ENVIRONMENT`, `_VERSION`, `_DIRECTION` and `_ATTEMPT`;
   * `_OUTCOME` and `_REASON` are empty while there is neither.
   */
  async run(hook: HookStep, subject: HookSubject, { signal }: OperationContext): Promise<void> {
    const [program, ...args] = hook.command;
    if (program === undefined) throw new OperationError(`hook ${hook.name} has no command`);
    const child = spawn(program, args, {
      cwd: this.#cwd,
      env: { ...process.env, ...environmentOf(subject) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that nothing it started outlives it when it is out of time.
      detached: true,
    });
    const output = collect(child.stdout, child.stderr);
    const killGroup = (with_: NodeJS.Signals) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, with_);
    };
    let killTimer: NodeJS.Timeout | undefined;
    const end = (): void => {
      killGroup('SIGTERM');
      killTimer = setTimeout(() => killGroup('SIGKILL'), KILL_AFTER_MS);
    };
    const timer = setTimeout(end, hook.timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      const [exitCode, exitSignal] = await exitOf(child, hook);
      if (exitCode === 0) return;
      const how = exitSignal === null ? `ended with exit code ${exitCode}` : `was ended by ${exitSignal}`;
      throw new OperationError(`hook ${hook.name} ${how}`, {
        evidence: {
          log: output().map(this.#hide),
          ...(exitCode === null ? {} : { exitCode }),
          ...(exitSignal === null ? {} : { signal: exitSignal }),
        },
        retryable: false,
      });
    } finally {
      clearTimeout(timer);
      clearTimeout(killTimer);
      signal.removeEventListener('abort', end);
    }
  }
}

function environmentOf(subject: HookSubject): Record<string, string> {
  return {
    SLUICE_DEPLOYMENT: subject.deployment,
    SLUICE_SERVICE: subject.service,
    SLUICE_ENVIRONMENT: subject.environment,
    SLUICE_VERSION: subject.version,
    SLUICE_DIRECTION: subject.direction,
    SLUICE_OUTCOME: subject.outcome ?? '',
    // A variable of the environment cannot hold a zero.
    SLUICE_REASON: (subject.reason ?? '').replaceAll('\0', ''),
    SLUICE_ATTEMPT: String(subject.attempt),
  };
}

function exitOf(
  child: ReturnType<typeof spawn>,
  hook: HookStep,
): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve([code, signal]));
    child.once('error', (cause) => {
      reject(
        new OperationError(`hook ${hook.name} cannot be started: ${cause.message}`, {
          cause,
          retryable: false,
        }),
      );
    });
  });
}

/** Keeps the end of what is written; the function returns its last lines. */
function collect(...streams: (NodeJS.ReadableStream | null)[]): () => string[] {
  let text = '';
  for (const stream of streams) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      text = (text + chunk).slice(-LOG_BYTES);
    });
  }
  return () => text.trimEnd().split('\n').slice(-LOG_LINES);
}
