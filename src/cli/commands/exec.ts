import { parseDuration } from '../../config/parse-duration.ts';
import type { Hide } from '../../domain/secret-text.ts';
import { InvalidInputError, OperationError, type SluiceError } from '../../errors.ts';
import type { ExecResult, RunOnTarget } from '../../project/fleet/fleet.ts';
import { hidingSecretsOf } from '../../project/from-config.ts';
import type { CommandContext } from '../context.ts';
import { errorJson } from '../error-json.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { meantTargets } from '../meant-targets.ts';
import { logLine } from '../render/text.ts';

const DEFAULT_TIMEOUT = '10m';
const LONGEST_MS = 24 * 3_600_000;

/** How it ended on one target: by itself, or not at all. */
interface Ended {
  readonly target: string;
  readonly result: ExecResult | null;
  readonly error: SluiceError | null;
}

/** `sluice exec [service-or-target] -- COMMAND...` */
export async function exec(context: CommandContext): Promise<ExitCode> {
  const { args, command, options, terminal } = context;
  if (command.length === 0) {
    throw new InvalidInputError('there is no command to run', {
      remedy: 'Write it behind two dashes: sluice exec -- uptime',
    });
  }
  const timeout = options.timeout ?? DEFAULT_TIMEOUT;
  const timeoutMs = timeoutOf(timeout);
  const { deployer, targets } = await meantTargets(await context.project(), args[0], options);
  const { fleet, service } = deployer;
  if (fleet.exec === null) {
    throw new InvalidInputError(`${service.name} runs on this machine: there are no servers to run it on`, {
      remedy: 'Run it here; `sluice exec` is for `platform: ssh`.',
    });
  }
  const hide = hidingSecretsOf(service);
  const asked = targets ?? fleet.targets;
  const run = runner(fleet.exec, command, timeout, timeoutMs, terminal.closed);
  const width = Math.max(...asked.map((target) => target.length));
  const all = await Promise.all(
    asked.map(async (target) => {
      const ended = hidden(await run(target), hide);
      if (!terminal.json) print(context, ended, width);
      return ended;
    }),
  );
  if (terminal.json) terminal.printJson({ service: service.name, targets: all.map(json) });
  else sayFailures(context, all, width);
  return all.some(hasFailed) ? EXIT.commandFailed : EXIT.ok;
}

function timeoutOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= LONGEST_MS) return ms;
  throw new InvalidInputError(`${JSON.stringify(text)} is no time to wait for a command`, {
    remedy: 'Give a number with a unit, such as 30s, 10m or 2h; at most 24h.',
  });
}

/** Whoever stops waiting ends the command too: on the hosts nothing of it goes on. */
function runner(
  runOn: RunOnTarget,
  command: readonly string[],
  timeout: string,
  timeoutMs: number,
  closed: AbortSignal,
): (target: string) => Promise<Ended> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([interrupted.signal, late, closed]);
  return async (target) => {
    try {
      return { target, result: await runOn(target, command, signal), error: null };
    } catch (error) {
      if (signal.aborted) {
        const why = late.aborted ? `did not end within ${timeout}` : 'was interrupted';
        return { target, result: null, error: new OperationError(`it ${why}, and was killed`) };
      }
      if (error instanceof OperationError) return { target, result: null, error };
      throw error;
    }
  };
}

function hidden({ result, ...ended }: Ended, hide: Hide): Ended {
  if (result === null) return { ...ended, result };
  return { ...ended, result: { ...result, stdout: hide(result.stdout), stderr: hide(result.stderr) } };
}

function hasFailed({ result }: Ended): boolean {
  return result === null || result.exitCode !== 0;
}

function json({ target, result, error }: Ended) {
  const none = { exitCode: null, signal: null, stdout: '', stderr: '' };
  return { target, ...(result ?? none), error: error === null ? null : errorJson(error) };
}

function print({ terminal }: CommandContext, { target, result }: Ended, width: number): void {
  if (result === null) return;
  const { paint } = terminal;
  const prefix = paint.dim(`${target.padEnd(width)} ${paint.symbols.quote}`);
  const colors = paint.dim('.') !== '.';
  const lines = (text: string) => linesOf(text).map((line) => `${prefix} ${logLine(line, colors)}`);
  if (result.stdout !== '') terminal.print(lines(result.stdout));
  for (const line of lines(result.stderr)) terminal.remark(line);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function sayFailures({ terminal }: CommandContext, all: readonly Ended[], width: number): void {
  const failed = all.filter(hasFailed);
  if (failed.length === 0) return;
  const { paint } = terminal;
  const of = all.length === 1 ? 'it failed' : `it failed on ${failed.length} of ${all.length} targets`;
  terminal.remark(`${paint.bad(paint.symbols.failed)} ${of}`);
  for (const { target, result, error } of failed) {
    const why = result === null ? error?.message : (result.signal ?? `exit code ${result.exitCode}`);
    terminal.remark(`  ${target.padEnd(width)}  ${why}`);
    if (error?.remedy !== undefined) terminal.remark(`  ${' '.repeat(width)}  ${paint.strong(error.remedy)}`);
  }
}
