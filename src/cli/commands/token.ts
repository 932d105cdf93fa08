import { parseDuration } from '../../config/parse-duration.ts';
import { InvalidInputError } from '../../errors.ts';
import { whoami } from '../../project/project.ts';
import { type Grant, ROLES, type Role } from '../../server/api/permissions.ts';
import { openServerStore } from '../../server/server.ts';
import type { NewToken, TokenStore } from '../../server/store/token-store.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { grantWords, renderTokens } from '../render/tokens-text.ts';
import { whoAsks } from '../who.ts';

const EVERYWHERE = '*';
const NAME = /^[^\s()\p{C}]{1,64}$/u;

/** `sluice token create|list|revoke [id]` */
export async function token(context: CommandContext): Promise<ExitCode> {
  const [action, id] = context.args;
  const actions = { create, list, revoke } as const;
  const act = Object.hasOwn(actions, action ?? '') ? actions[action as keyof typeof actions] : null;
  if (act === null) {
    throw new InvalidInputError(`${JSON.stringify(action)} is nothing that can be done with a token`, {
      remedy: 'Use create, list or revoke.',
    });
  }
  using store = await openServerStore(await context.project());
  await act(context, store.tokens, id);
  return EXIT.ok;
}

async function create(context: CommandContext, tokens: TokenStore): Promise<void> {
  const { terminal, options } = context;
  const { config } = await context.project();
  const made = tokens.make(newToken(context, Object.keys(config.environments), config.services));
  if (terminal.json) {
    terminal.printJson(made);
    return;
  }
  const { name, grants, expiresAt } = made.token;
  const until = expiresAt === null ? 'for ever' : `until ${new Date(expiresAt).toISOString().slice(0, 10)}`;
  const what = options.trigger === undefined ? grantWords(grants) : `may trigger ${options.trigger}`;
  terminal.print(made.secret);
  terminal.remark(
    `For ${name}: ${what}, ${until}. It is shown this once; revoke it with sluice token revoke ${made.token.id}.`,
  );
}

async function list({ terminal }: CommandContext, tokens: TokenStore): Promise<void> {
  const all = tokens.list();
  const { paint, columns } = terminal;
  if (terminal.json) terminal.printJson({ tokens: all });
  else if (all.length === 0)
    terminal.print('No tokens yet. Make one: sluice token create --name ann --role admin');
  else terminal.print(renderTokens(all, { paint, columns, now: Date.now() }));
}

async function revoke(
  { terminal }: CommandContext,
  tokens: TokenStore,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) {
    throw new InvalidInputError('it has to be said which token', { remedy: 'See them: sluice token list.' });
  }
  const revoked = tokens.revoke(id, whoAsks({}));
  if (terminal.json) terminal.printJson({ token: revoked });
  else terminal.print(`Revoked ${revoked.id}, of ${revoked.name}`);
}

function newToken(
  { options }: CommandContext,
  environments: string[],
  services: readonly string[],
): NewToken {
  const { name, trigger, expires } = options;
  if (name === undefined || !NAME.test(name)) {
    throw new InvalidInputError('a token needs the name of whose it is', {
      remedy: 'Give it with --name: 1 to 64 characters without spaces and brackets, such as ann.',
    });
  }
  if (trigger !== undefined && !services.includes(trigger)) {
    throw new InvalidInputError(`there is no service ${JSON.stringify(trigger)}`, {
      remedy: `Known: ${services.join(', ')}.`,
    });
  }
  return {
    name,
    grants: grantsOf(options, environments),
    by: whoami(),
    ...(trigger === undefined ? {} : { trigger: { service: trigger } }),
    ...(expires === undefined ? {} : { expiresAt: expiryOf(expires) }),
  };
}

function grantsOf(
  { role, grant = [], env, trigger }: CommandContext['options'],
  environments: readonly string[],
): Grant[] {
  const main = role ?? (trigger === undefined ? undefined : 'deployer');
  const given = main === undefined ? grant : [`${env ?? EVERYWHERE}=${main}`, ...grant];
  if (given.length === 0) {
    throw new InvalidInputError('a token without a role may nothing', {
      remedy: `Give one with --role: ${ROLES.join(', ')}; or --grant production=viewer.`,
    });
  }
  return given.map((text) => grantOf(text, environments));
}

function grantOf(text: string, environments: readonly string[]): Grant {
  const [, environment = '', role = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (!ROLES.includes(role as Role)) {
    throw new InvalidInputError(`${JSON.stringify(text)} has no role in it`, {
      remedy: `Roles are ${ROLES.join(', ')}; a grant is production=viewer, or *=viewer for all environments.`,
    });
  }
  if (environment !== EVERYWHERE && !environments.includes(environment)) {
    throw new InvalidInputError(`there is no environment ${JSON.stringify(environment)}`, {
      remedy: `Known: ${environments.join(', ')}.`,
    });
  }
  return { environment, role: role as Role };
}

function expiryOf(text: string): number | null {
  if (text === 'never') return null;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return Date.now() + ms;
  throw new InvalidInputError(`--expires: ${JSON.stringify(text)} is not a duration`, {
    remedy: 'Say 90d, 12h, or never.',
  });
}
