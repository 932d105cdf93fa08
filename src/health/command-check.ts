import { basename } from 'node:path';
import { type CheckOptions, requireOption, scheduleOf } from './check-options.ts';
import { resultOfFault } from './fault.ts';
import type { CheckResult, CheckSubject, HealthCheck } from './health-check.ts';
import { type CommandEnd, runCommand } from './run-command.ts';
import { excerpt, hasText, inWords } from './text.ts';

export interface CommandCheckOptions extends CheckOptions {
  /** Program and arguments; no shell is involved. */
  readonly command: readonly string[];
  /** An exit code, or a list of them, that means healthy. Default 0. */
  readonly expectExitCode?: number | readonly number[];
  /** Text that the first 64 KiB of its output (standard output and error) contain, or an expression. */
  readonly expectOutput?: string | RegExp;
  /** Added to the environment of Sluice itself and to `SLUICE_TARGET`, `HOST` and `PORT`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the current folder. */
  readonly cwd?: string;
}

/**
 * Runs a command and judges its exit code and output. It finds what is asked about in `SLUICE_TARGET`, `HOST`
 * and `PORT`, each only where it is known. A command that a signal killed is unhealthy. When its time is up, or
 * when it has ended, whatever is left of its process group is killed.
 * @throws InvalidInputError naming the option that cannot be
 */
export function commandCheck(options: CommandCheckOptions): HealthCheck {
  const { command, cwd, expectExitCode = 0, expectOutput } = options;
  const program = command[0] ?? '';
  const place = cwd === undefined ? program : `${program} in ${cwd}`;
  const schedule = scheduleOf(options, { name: `command ${basename(program)}`.trim(), scope: 'instance' });
  const isCommand = program !== '' && command.every((word) => !word.includes('\0'));
  requireOption(schedule.name, 'command', command, isCommand, 'a program and its arguments, without NUL');
  const exitCodes = typeof expectExitCode === 'number' ? [expectExitCode] : expectExitCode;
  const areCodes =
    exitCodes.length > 0 && exitCodes.every((code) => Number.isInteger(code) && code >= 0 && code < 256);
  requireOption(schedule.name, 'expectExitCode', expectExitCode, areCodes, 'exit codes from 0 to 255');

  return {
    ...schedule,
    async run(subject, signal) {
      const env = environment(subject, options.env ?? {});
      try {
        const end = await runCommand(command, { env, signal, ...(cwd === undefined ? {} : { cwd }) });
        return judge(end, exitCodes, expectOutput);
      } catch (thrown) {
        return resultOfFault(thrown, place);
      }
    },
  };
}

function judge(
  end: CommandEnd,
  exitCodes: readonly number[],
  expectOutput: string | RegExp | undefined,
): CheckResult {
  const output = end.output.trim() === '' ? '' : `: ${excerpt(end.output, 'end')}`;
  if (end.signal !== null) return { status: 'unhealthy', message: `killed by ${end.signal}${output}` };
  const said = `exit code ${end.exitCode}`;
  if (end.exitCode === null || !exitCodes.includes(end.exitCode)) {
    return { status: 'unhealthy', message: said + output };
  }
  if (expectOutput !== undefined && !hasText(end.output, expectOutput)) {
    return {
      status: 'unhealthy',
      message: `${said}, expected output with ${inWords(expectOutput)}${output}`,
    };
  }
  return { status: 'healthy', message: `${said} in ${Math.round(end.tookMs)} ms` };
}

/** A `PORT` of Sluice's own is never taken for the instance's. */
function environment(subject: CheckSubject, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { SLUICE_TARGET: _target, HOST: _host, PORT: _port, ...inherited } = process.env;
  return {
    ...inherited,
    ...(subject.target === undefined ? {} : { SLUICE_TARGET: subject.target }),
    ...(subject.address === undefined
      ? {}
      : { HOST: subject.address.host, PORT: String(subject.address.port) }),
    ...extra,
  };
}
