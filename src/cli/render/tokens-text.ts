/** What `sluice token list` prints. */
import type { TokenView } from '../../server/api/access-answers.ts';
import type { Grant } from '../../server/api/permissions.ts';
import { clean } from '../../words/clean.ts';
import { formatAgo } from '../../words/durations-text.ts';
import { table } from './layout.ts';
import type { TableOptions } from './tables.ts';
import { truncate } from './text.ts';

export function renderTokens(tokens: readonly TokenView[], { paint, columns, now }: TableOptions): string[] {
  const heads = ['', 'id', 'name', 'may', 'until', 'used'];
  const rows = tokens.map((token) => {
    const isGood = token.revokedAt === null && (token.expiresAt === null || now < token.expiresAt);
    const { done, failed } = paint.symbols;
    return [
      isGood ? paint.good(done) : paint.bad(failed),
      token.id,
      clean(token.name),
      token.trigger === null ? grantWords(token.grants) : `trigger ${token.trigger.service}`,
      untilWords(token),
      token.lastUsedAt === null ? 'never' : formatAgo(now - token.lastUsedAt),
    ];
  });
  const shape = [{}, {}, {}, { flexible: true }, {}, {}] as const;
  const [head = '', ...lines] = table([heads, ...rows], shape, columns, paint.symbols.ellipsis);
  return [paint.dim(head), ...lines].map((line) => truncate(line, columns, paint.symbols.ellipsis));
}

/** `admin everywhere`, `viewer in production, deployer in staging`. */
export function grantWords(grants: readonly Grant[]): string {
  return grants
    .map(({ environment, role }) =>
      environment === '*' ? `${role} everywhere` : `${role} in ${environment}`,
    )
    .join(', ');
}

function untilWords({ revokedAt, expiresAt }: TokenView): string {
  if (revokedAt !== null) return 'revoked';
  return expiresAt === null ? 'for ever' : new Date(expiresAt).toISOString().slice(0, 10);
}
