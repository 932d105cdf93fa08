/** What a command gets where a server does the work: the same words and options, and the server instead of a project. */
import { InvalidInputError } from '../../errors.ts';
import type { LeaseKey } from '../../journal/journal.ts';
import { HttpOperations } from '../../remote/http-operations.ts';
import type { Operations } from '../../server/operations.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';

export interface RemoteContext extends Omit<CommandContext, 'project' | 'cwd'> {
  readonly server: Operations;
}

/** Who asks: the server knows that by the token, whatever is said here. */
export const WHO_THE_TOKEN_SAYS = '';

export type RemoteCommand = (context: RemoteContext) => Promise<ExitCode>;

/** Throws `InvalidInputError` without a token: one on the command line would be seen by everybody on the machine. */
export async function openServer(
  { terminal }: Pick<CommandContext, 'terminal'>,
  url: string,
  token = process.env.SLUICE_TOKEN,
): Promise<Operations> {
  if (token === undefined || token === '') {
    throw new InvalidInputError(`a token is needed for ${url}`, {
      remedy: 'Set SLUICE_TOKEN to one of that server: `sluice token create` makes one there.',
    });
  }
  const say = (why: string | null) =>
    terminal.remark(
      why === null ? 'The server answers again.' : `The server is away (${why}); trying again.`,
    );
  return HttpOperations.open(url, token, say);
}

/** Throws `InvalidInputError` for what would be passed over in silence at a server. */
export function refuseLocalOptions({ wait, supersede, as }: CommandContext['options']): void {
  const [given] = Object.entries({ wait, supersede, as }).find(([, value]) => value !== undefined) ?? [];
  if (given === undefined) return;
  const remedy =
    given === 'as'
      ? 'Leave it out: the server knows who you are by your token.'
      : 'Leave it out: abort what is in the way with `sluice abort`, or watch it to its end with `sluice watch`.';
  throw new InvalidInputError(`--${given} is not for a server`, { remedy });
}

/** The service that is meant; where there is only one, or only one environment, it need not be named. */
export function meantService(
  { server, options }: Pick<RemoteContext, 'server' | 'options'>,
  named: string | undefined,
): LeaseKey {
  const all = server.services();
  const inPlace = all.filter(({ environment }) => options.env === undefined || environment === options.env);
  const meant = inPlace.filter(({ service }) => named === undefined || service === named);
  const [only, second] = meant;
  if (only !== undefined && second === undefined) return only;
  const known = [...new Set((meant.length === 0 ? all : meant).map(({ service }) => service))];
  const environments = [...new Set((meant.length === 0 ? all : meant).map((one) => one.environment))];
  if (only === undefined) {
    const where = options.env === undefined ? '' : ` in ${options.env}`;
    throw new InvalidInputError(`the server has no service ${JSON.stringify(named ?? '')}${where}`, {
      remedy: `Known: ${known.join(', ')} (${environments.join(', ')}).`,
    });
  }
  throw known.length > 1
    ? new InvalidInputError('several services could be meant', { remedy: `Name one of ${known.join(', ')}.` })
    : new InvalidInputError('several environments could be meant', {
        remedy: `Name one with --env: ${environments.join(', ')}.`,
      });
}

/** `[service] [version]`: a single word is a service where one has that name, else a version of the only service. */
export function serviceAndVersion(context: RemoteContext): {
  readonly key: LeaseKey;
  readonly version: string | undefined;
} {
  const [first, second] = context.args;
  const isService = context.server.services().some(({ service }) => service === first);
  if (first === undefined || isService || second !== undefined) {
    return { key: meantService(context, first), version: second };
  }
  return { key: meantService(context, undefined), version: first };
}
