/** What every command gets: its arguments, the terminal, and the project, opened when it is asked for. */
import type { Project } from '../project/project.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Options that commands read; those of every verb together, as each reads only its own. */
export interface CommandOptions {
  readonly env?: string;
  readonly config?: string;
  /** Of a server that does the work: its address. */
  readonly server?: string;
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly supersede?: boolean;
  readonly rollback?: boolean;
  readonly full?: boolean;
  readonly follow?: boolean;
  readonly all?: boolean;
  readonly message?: string;
  readonly as?: string;
  readonly plan?: string;
  readonly limit?: string;
  readonly outcome?: string;
  readonly version?: string;
  readonly by?: string;
  readonly since?: string;
  readonly until?: string;
  readonly targets?: boolean;
  readonly service?: string;
  readonly files?: boolean;
  readonly exitCode?: boolean;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly lines?: string;
  readonly hosts?: string;
  readonly on?: readonly string[];
  readonly timeout?: string;
  readonly host?: string;
  readonly port?: string;
  readonly publicUrl?: string;
  readonly name?: string;
  readonly role?: string;
  readonly grant?: readonly string[];
  readonly expires?: string;
  readonly trigger?: string;
}

export interface CommandContext {
  /** Positional arguments; those left out are `undefined`, and a list of them is just more of them. */
  readonly args: readonly (string | undefined)[];
  /** What stands behind `--`, for a verb that runs a command. */
  readonly command: readonly string[];
  readonly options: CommandOptions;
  readonly terminal: Terminal;
  /** The folder the command was called in. */
  readonly cwd: string;
  /** Opens the project of the folder; closed after the command. */
  readonly project: () => Promise<Project>;
}

export type Command = (context: CommandContext) => Promise<ExitCode>;
