/** Lists a page at a time. A cursor stands for the last row of the page before; what comes meanwhile moves nothing. */
import type { DeploymentSummary } from '../../domain/summary.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Journal, ListFilter } from '../../journal/journal.ts';
import type { Page } from '../operations.ts';

const DEFAULT_LIMIT = 50;
const CURSOR = /^(\d+(?:\.\d+)?)\/(\S{1,200})$/;

export async function pageOf(
  journal: Journal,
  filter: ListFilter,
  cursor: string | undefined,
): Promise<Page<DeploymentSummary>> {
  const { limit = DEFAULT_LIMIT } = filter;
  const page = cursor === undefined ? {} : { before: readCursor(cursor) };
  // One more tells whether there is another page.
  const found = await journal.list({ ...filter, ...page, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, cursor: found.length > limit && last !== undefined ? cursorOf(last) : null };
}

function cursorOf({ id, createdAt }: DeploymentSummary): string {
  return Buffer.from(`${createdAt}/${id}`).toString('base64url');
}

function readCursor(cursor: string): NonNullable<ListFilter['before']> {
  const [, createdAt, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (id !== undefined) return { createdAt: Number(createdAt), id };
  throw new InvalidInputError(`${JSON.stringify(cursor.slice(0, 80))} is not a cursor`, {
    remedy: 'Give the one that came with the page before, or none for the first page.',
  });
}
