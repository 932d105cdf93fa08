#!/usr/bin/env node
/**
 * The command line. Finds the verb, runs its command, and turns whatever is thrown into one clear message
 * and the right exit code.
 */
import { CommanderError, Option, Command as Program } from 'commander';
import {
  ConfigError,
  DeploymentNotFoundError,
  FencedError,
  InvalidInputError,
  InvalidPlanError,
  InvalidPlanStateError,
  LeaseHeldError,
  OperationError,
  SignalRefusedError,
  StalePlanError,
} from '../errors.ts';
import type { Project } from '../project/project.ts';
import type { CommandContext, CommandOptions } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { packageVersion } from './package-version.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { usageError } from './usage-error.ts';
import type { Verb } from './verb.ts';
import { VERBS } from './verbs.ts';

/** Runs one command line; resolves with its exit code, and never rejects. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const [own, command] = splitCommand(argv);
  const program = createProgram(async (verb, args, options) => {
    exitCode = await runVerb(verb, args, command, options);
  });
  try {
    await program.parseAsync([...own], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong already; help and version are no faults.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return exitCode;
}

/** Of a verb that runs a command: what is for Sluice, and the command, which is nobody's to read. */
function splitCommand(argv: readonly string[]): [own: readonly string[], command: readonly string[]] {
  const verb = VERBS.find(({ name }) => name === argv[0]);
  const at = argv.indexOf('--');
  return verb?.runsCommand === true && at >= 0 ? [argv.slice(0, at), argv.slice(at + 1)] : [argv, []];
}

type RunVerb = (
  verb: Verb,
  args: (string | undefined)[],
  options: CommandOptions & { readonly color: boolean },
) => Promise<void>;

function createProgram(run: RunVerb): Program {
  const program = new Program('sluice')
    .description('Progressive delivery for any fleet: plan, deploy, verify and roll back.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    // After a verb every option is the verb's: `--version` of `history` is not that of Sluice.
    .enablePositionalOptions()
    .configureOutput({ outputError: sayUsage })
    .addHelpText('after', '\nExamples of each verb: sluice VERB --help. Exit codes: docs/cli.md.');
  for (const verb of VERBS) {
    const command = program.command(verb.name).description(verb.summary).exitOverride();
    if (verb.arguments !== undefined) command.arguments(verb.arguments);
    for (const [flags, description, repeatable] of verb.options ?? []) {
      if (repeatable === undefined) command.option(flags, description);
      else command.option(flags, description, (one: string, all?: string[]) => [...(all ?? []), one]);
    }
    addCommonOptions(command);
    const width = Math.max(...verb.examples.map(([line]) => line.length));
    const examples = verb.examples.map(([line, meaning]) => `  ${line.padEnd(width)}   ${meaning}`);
    command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
    command.action(async (...given: unknown[]) => {
      // Commander hands over the arguments, then the options, then itself.
      const args = given.slice(0, -2).flat() as (string | undefined)[];
      await run(verb, args, command.opts());
    });
  }
  return program;
}

function sayUsage(said: string): void {
  const terminal = openTerminal({ json: false, color: !process.argv.includes('--no-color') });
  for (const line of usageError(said, terminal)) terminal.remark(line);
}

function addCommonOptions(command: Program): void {
  command
    .addOption(new Option('-e, --env <name>', 'the environment').env('SLUICE_ENVIRONMENT'))
    .addOption(new Option('-c, --config <file>', 'the config file').env('SLUICE_CONFIG'))
    .addOption(new Option('--server <url>', 'let this server do it').env('SLUICE_SERVER'))
    .option('--json', 'print JSON')
    .option('--no-color', 'print no colours');
}

async function runVerb(
  verb: Verb,
  args: (string | undefined)[],
  command: readonly string[],
  options: CommandOptions & { readonly color: boolean },
): Promise<ExitCode> {
  const terminal = openTerminal({ json: options.json === true, color: options.color });
  let opened: Promise<Project> | null = null;
  const project = () => {
    opened ??= openProject(options);
    return opened;
  };
  const context: CommandContext = { args, command, options, terminal, cwd: process.cwd(), project };
  try {
    if (options.server !== undefined && options.server !== '')
      return await atServer(verb, context, options.server);
    const perform = await verb.load();
    return await perform(context);
  } catch (error) {
    return await explain(error, terminal);
  } finally {
    await closeProject(opened);
  }
}

async function atServer(verb: Verb, context: CommandContext, url: string): Promise<ExitCode> {
  if (verb.loadRemote === undefined) {
    throw new InvalidInputError(`sluice ${verb.name} is not done by a server`, {
      remedy: 'Run it on the machine of the project, without --server and SLUICE_SERVER.',
    });
  }
  const { openServer, refuseLocalOptions } = await import('./remote/context.ts');
  refuseLocalOptions(context.options);
  const [perform, server] = await Promise.all([verb.loadRemote(), openServer(context, url)]);
  return await perform({ ...context, server });
}

async function openProject({ config }: CommandOptions): Promise<Project> {
  const { Project } = await import('../project/project.ts');
  return Project.open(config === undefined ? {} : { file: config });
}

async function closeProject(opened: Promise<Project> | null): Promise<void> {
  // One that could not be opened has been explained already.
  const project = await opened?.catch(() => null);
  await project?.[Symbol.asyncDispose]();
}

async function explain(error: unknown, terminal: Terminal): Promise<ExitCode> {
  if (terminal.json) {
    const { errorJson } = await import('./error-json.ts');
    terminal.printJson({ error: errorJson(error) });
  } else {
    const { renderError } = await import('./render/error-text.ts');
    for (const line of renderError(error, { paint: terminal.paint })) terminal.remark(line);
  }
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof StalePlanError || error instanceof InvalidPlanError) return EXIT.stale;
  if (error instanceof LeaseHeldError || error instanceof InvalidPlanStateError) return EXIT.busy;
  if (error instanceof FencedError) return EXIT.left;
  const misuse = [ConfigError, InvalidInputError, DeploymentNotFoundError, SignalRefusedError];
  if (misuse.some((kind) => error instanceof kind)) return EXIT.usage;
  // Before a deployment has begun: a folder that is missing, a port that somebody else has.
  return error instanceof OperationError && !error.retryable ? EXIT.usage : EXIT.unexpected;
}

process.exitCode = await main(process.argv.slice(2));
