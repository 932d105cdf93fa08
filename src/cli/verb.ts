/** A verb of the command line, as data, and the options that several of them share. */
import type { Command } from './context.ts';
import type { RemoteCommand } from './remote/context.ts';

export interface Verb {
  readonly name: string;
  /** As commander writes them: `[service] [version]`. */
  readonly arguments?: string;
  readonly summary: string;
  /** One that is repeatable is a list. */
  readonly options?: readonly (readonly [flags: string, description: string, repeatable?: 'repeatable'])[];
  /** What stands behind `--` is a command to run, not options of the verb. */
  readonly runsCommand?: boolean;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly load: () => Promise<Command>;
  /** How it is done where a server does the work; absent: it cannot be. */
  readonly loadRemote?: () => Promise<RemoteCommand>;
}

export const WAIT = [
  '--wait',
  'wait for another deployment of the service to end, instead of giving up',
] as const;
export const SUPERSEDE = [
  '--supersede',
  'abort another deployment of the service that is under way, and go once it is back',
] as const;
export const AS = [
  '--as <name>',
  'who you are, where several people use this account; kept in the history',
] as const;
export const PLAN = [
  '--plan <digest>',
  'refuse unless it executes this plan; a beginning is enough',
] as const;
export const REASON = ['-m, --message <text>', 'why; kept in the history'] as const;

export const ON = ['--on <target>', 'only there; may be given several times', 'repeatable'] as const;
