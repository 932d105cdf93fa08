/** Deployments, their plans, and what is asked of them. */
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { ListFilter, StoredEvent } from '../../journal/journal.ts';
import { toDeploymentJson } from '../api/deployment-json.ts';
import { may, neededFor } from '../api/may.ts';
import type { Operations, Page } from '../operations.ts';
import { type AppContext, type Call, type Handlers, keyOf, ok } from './context.ts';
import { begunOr } from './handlers-services.ts';
import { refuse } from './problems.ts';
import { forbid } from './routes.ts';
import { eventText } from './server-sent-events.ts';

type DeploymentHandlers = Pick<
  Handlers,
  | 'deployments'
  | 'deploy'
  | 'deployment'
  | 'events'
  | 'followEvents'
  | 'signal'
  | 'resume'
  | 'rollback'
  | 'trigger'
  | 'makePlan'
  | 'plan'
  | 'compare'
>;

const MOST_EVENTS = 1_000;
const DEFAULT_LIMIT = 50;
/** Pages that are looked through for something that may be seen. */
const MOST_PAGES = 10;

export function deploymentHandlers(context: AppContext): DeploymentHandlers {
  const { operations } = context;
  return {
    deployments: async ({ who, query }) => {
      const { cursor, limit = DEFAULT_LIMIT, ...filter } = query;
      const isSeen = ({ environment }: DeploymentSummary) => may(who, 'read', environment);
      return ok(await seenPage(operations, { ...defined(filter), limit }, cursor, isSeen));
    },
    deploy: async (call) => {
      const { body, who } = call;
      if ('plan' in body) return begunOr(await operations.apply(body.plan, who.name));
      return begunOr(await operations.deploy(wantedOf(call, body.version), who.name));
    },
    deployment: async ({ params, who }) =>
      ok(toDeploymentJson(await operations.deployment(params.id, who.name))),
    events: async ({ params, query: { after = 0, limit = MOST_EVENTS } }) => {
      return ok({ events: await operations.events(params.id, after, limit) });
    },
    followEvents: ({ params, query, request }) => {
      const after = lastEventId(request.headers['last-event-id']) ?? query.after ?? 0;
      return { kind: 'events', stream: (signal) => eventsOf(context, params.id, after, signal) };
    },
    signal: async ({ params, body, who, where }) => {
      const { signal, reason, full, plan } = body;
      const atGate = signal === 'promote' && (await operations.deployment(params.id)).gate !== null;
      for (const permission of neededFor(signal, full === true, atGate)) {
        if (!may(who, permission, where.environment ?? '')) forbid(who, permission, where.environment ?? '');
      }
      return ok(await operations.signal(params.id, { signal, ...defined({ reason, full, plan }) }, who.name));
    },
    resume: async ({ params, who }) => begunOr(await operations.resume(params.id, who.name)),
    rollback: async (call) => {
      return begunOr(await operations.rollback(wantedOf(call, call.body.version), call.who.name));
    },
    trigger: async (call) => {
      return begunOr(await operations.deploy(wantedOf(call, call.body.version), call.who.name));
    },
    makePlan: async (call) => {
      const { version, rollback } = call.body;
      const view = await operations.plan({ ...wantedOf(call, version), ...defined({ rollback }) });
      return { status: 201, body: view, headers: { location: `/api/v1/plans/${view.plan.digest}` } };
    },
    plan: async ({ params }) => ok(await operations.savedPlan(params.digest)),
    compare: async ({ query, who }) => {
      const comparison = await operations.compare(query.from, query.to);
      for (const { summary } of [comparison.from, comparison.to]) {
        if (!may(who, 'read', summary.environment)) forbid(who, 'read', summary.environment);
      }
      return ok(comparison);
    },
  };
}

function wantedOf(call: Pick<Call, 'where'>, version: string | undefined) {
  return { ...keyOf(call), ...defined({ version }) };
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without what was left out. */
function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** A page without what may not be seen; on to the next ones while that leaves nothing. */
async function seenPage(
  operations: Operations,
  filter: ListFilter,
  cursor: string | undefined,
  isSeen: (summary: DeploymentSummary) => boolean,
): Promise<Page<DeploymentSummary>> {
  let page = await operations.deployments(filter, cursor);
  for (let pages = 1; ; pages++) {
    const items = page.items.filter(isSeen);
    if (items.length > 0 || page.cursor === null || pages === MOST_PAGES) return { ...page, items };
    page = await operations.deployments(filter, page.cursor);
  }
}

/** `null` where there is none. */
function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (typeof header === 'string' && /^\d{1,9}$/.test(header)) return Number(header);
  return refuse('INVALID_REQUEST', 'Last-Event-ID is not the seq of an event');
}

/** Whoever is level gets the very same events: they are put into words once. */
const TEXTS = new WeakMap<readonly StoredEvent[], string>();

async function* eventsOf(
  { operations, metrics }: AppContext,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const since = Date.now();
  for await (const events of operations.follow(id, after, signal)) {
    yield textOf(events);
    metrics.sent(events, since, Date.now());
  }
  if (!signal.aborted) yield eventText('end', {});
}

function textOf(events: readonly StoredEvent[]): string {
  const known = TEXTS.get(events);
  if (known !== undefined) return known;
  const text = events.map((stored) => eventText('event', stored, stored.seq)).join('');
  TEXTS.set(events, text);
  return text;
}
