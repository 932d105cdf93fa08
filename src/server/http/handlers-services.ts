/** What runs, and what is done to a service as a whole. */
import { EVERYWHERE, may } from '../api/may.ts';
import type { Begun, Change, LogLine, Unchanged } from '../operations.ts';
import { type Answer, type AppContext, type Handlers, keyOf, ok } from './context.ts';
import { eventText } from './server-sent-events.ts';

type ServiceHandlers = Pick<
  Handlers,
  'fleet' | 'status' | 'releases' | 'logs' | 'followLogs' | 'doctor' | 'reconcile' | 'stop' | 'changes'
>;

const DEFAULT_LINES = 50;

export function serviceHandlers({ operations }: AppContext): ServiceHandlers {
  return {
    fleet: async ({ who, query }) => {
      const { environments, services, orphans } = await operations.fleet(query.environment);
      const isSeen = ({ environment }: { readonly environment: string }) => may(who, 'read', environment);
      return ok({
        environments: environments.filter((environment) => isSeen({ environment })),
        services: services.filter(isSeen),
        orphans: orphans.filter(isSeen),
      });
    },
    status: async (call) => {
      const gone = new AbortController();
      call.request.raw.once('close', () => gone.abort());
      return ok(await operations.status(keyOf(call), call.query.verify ?? false, gone.signal));
    },
    releases: async (call) => ok({ items: await operations.releases(keyOf(call)) }),
    logs: async (call) => {
      const { lines = DEFAULT_LINES, target } = call.query;
      return ok({ items: await operations.logs(keyOf(call), lines, target) });
    },
    followLogs: (call) => {
      const { lines = DEFAULT_LINES, target } = call.query;
      const key = keyOf(call);
      return {
        kind: 'logs',
        stream: (signal) => linesOf(operations.followLogs(key, lines, target, signal)),
      };
    },
    doctor: async (call) => ok({ items: await operations.doctor(keyOf(call)) }),
    reconcile: async (call) => begunOr(await operations.reconcile(keyOf(call), call.who.name)),
    stop: async (call) => ok({ stopped: await operations.stop(keyOf(call), call.who.name) }),
    changes: ({ who, query: { environment } }) => {
      const isSeen = (change: Change) => {
        const place = change.kind === 'deployment' ? change.summary.environment : change.service.environment;
        return (environment === undefined || place === environment) && may(who, 'read', place);
      };
      const isAll = environment === undefined && may(who, 'read', EVERYWHERE);
      const seen = isAll ? () => true : isSeen;
      return { kind: 'changes', stream: (signal) => changesOf(operations.changes(signal), seen) };
    },
  };
}

/** 202 with the deployment that was begun, 200 when there is nothing to do. */
export function begunOr(result: Begun | Unchanged): Answer {
  if (result.deployment === null) return ok(result);
  const headers = { location: `/api/v1/deployments/${encodeURIComponent(result.deployment)}` };
  return { status: 202, body: result, headers };
}

async function* linesOf(lines: AsyncIterable<LogLine>): AsyncGenerator<string> {
  for await (const line of lines) yield eventText('line', line);
}

async function* changesOf(
  changes: AsyncIterable<Change>,
  isSeen: (change: Change) => boolean,
): AsyncGenerator<string> {
  for await (const change of changes) if (isSeen(change)) yield eventText('change', change);
}
