/** The verbs where a server does the work: what is asked for and what is printed are the same as on its machine. */
import { accountOf } from '../../domain/account.ts';
import type { SignalName } from '../../domain/event.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { InvalidInputError } from '../../errors.ts';
import type { LeaseKey } from '../../journal/journal.ts';
import { command } from '../../words/typed-command.ts';
import { whatDiffersJson } from '../commands/diff.ts';
import { printFindings } from '../commands/doctor.ts';
import { showJson } from '../commands/show.ts';
import { orphanJson } from '../commands/status.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf, historyFilter } from '../history-filter.ts';
import { prefixed } from '../log-lines.ts';
import { gateJson } from '../outcome-json.ts';
import { renderDiff } from '../render/diff-text.ts';
import { renderOrphans } from '../render/orphans-text.ts';
import { renderPlan } from '../render/plan-text.ts';
import { renderShow } from '../render/show-text.ts';
import { renderStatus } from '../render/status-text.ts';
import { renderHistory } from '../render/tables.ts';
import {
  meantService,
  type RemoteCommand,
  type RemoteContext,
  serviceAndVersion,
  WHO_THE_TOKEN_SAYS,
} from './context.ts';
import { showBegun, showRollout } from './rollout.ts';

const ALL_EVENTS = Number.MAX_SAFE_INTEGER;
const STATUS_TIMEOUT_MS = 60_000;

export const deploy: RemoteCommand = async (context) => {
  const { key, version } = serviceAndVersion(context);
  const begun = await context.server.deploy(asked({ key, version }), WHO_THE_TOKEN_SAYS);
  return showBegun(context, begun, () => sayUnchanged(context, key));
};

export const rollback: RemoteCommand = async (context) => {
  const { key, version } = serviceAndVersion(context);
  const begun = await context.server.rollback(asked({ key, version }), WHO_THE_TOKEN_SAYS);
  return showBegun(context, begun, () => sayUnchanged(context, key));
};

export const apply: RemoteCommand = async (context) => {
  const [digest = ''] = context.args;
  const { plan } = await context.server.savedPlan(digest);
  const begun = await context.server.apply(plan.digest, WHO_THE_TOKEN_SAYS);
  return showBegun(context, begun, () => sayUnchanged(context, plan));
};

export const reconcile: RemoteCommand = async (context) => {
  const key = meantService(context, context.args[0]);
  return showBegun(context, await context.server.reconcile(key, WHO_THE_TOKEN_SAYS), () =>
    sayUnchanged(context, key),
  );
};

export const plan: RemoteCommand = async (context) => {
  const { server, terminal, options } = context;
  const { key, version } = serviceAndVersion(context);
  const rollingBack = options.rollback === true ? { rollback: true } : {};
  const made = await server.plan({ ...asked({ key, version }), ...rollingBack });
  const { paint, columns } = terminal;
  if (terminal.json) {
    const { plan: planned, preview, estimateMs } = made;
    terminal.printJson({ plan: planned, preview, estimateMs });
  } else {
    const estimate = made.estimateMs === null ? {} : { estimateMs: made.estimateMs };
    terminal.print(renderPlan(made.plan, made.preview, { paint, columns, ...estimate }));
  }
  return EXIT.ok;
};

export const status: RemoteCommand = async (context) => {
  const { server, terminal, options, args } = context;
  const [named] = args;
  const keys = named === undefined ? placesOf(context) : [meantService(context, named)];
  const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS);
  const services = await Promise.all(keys.map((key) => server.status(key, options.verify === true, signal)));
  const orphans = named === undefined ? (await server.fleet(options.env)).orphans : [];
  const look = { paint: terminal.paint, columns: terminal.columns, now: Date.now() };
  if (terminal.json) terminal.printJson({ services, orphans: orphans.map(orphanJson) });
  else terminal.print([...renderStatus(services, look), ...renderOrphans(orphans, look)]);
  return orphans.length === 0 && services.every((one) => one.well) ? EXIT.ok : EXIT.unhealthy;
};

export const history: RemoteCommand = async ({ server, terminal, options, args }) => {
  const now = Date.now();
  const { items: deployments } = await server.deployments(historyFilter(options, args[0], now));
  const { paint, columns } = terminal;
  if (terminal.json) terminal.printJson({ deployments });
  else if (deployments.length > 0) terminal.print(renderHistory(deployments, { paint, columns, now }));
  else terminal.print('No deployment is like that.');
  return EXIT.ok;
};

export const show: RemoteCommand = async (context) => {
  const { server, terminal, options } = context;
  const { id } = await meantDeployment(context, { ended: true });
  const stored = await server.events(id, 0, ALL_EVENTS);
  const account = accountOf(
    id,
    stored.map(({ event }) => event),
  );
  if (account === null) return EXIT.unexpected;
  const { paint, columns } = terminal;
  const allTargets = options.targets === true;
  if (terminal.json) terminal.printJson(showJson(account, stored));
  else terminal.print(renderShow(account, stored, { paint, columns, allTargets, now: Date.now() }));
  return EXIT.ok;
};

export const diff: RemoteCommand = async ({ server, terminal, options, args: [from, to] }) => {
  if (from === undefined || to === undefined) {
    throw new InvalidInputError('at a server, two deployments have to be named', {
      remedy: 'sluice diff A B; `sluice history` lists them.',
    });
  }
  const compared = await server.compare(from, to);
  const { paint, columns } = terminal;
  if (terminal.json) terminal.printJson(whatDiffersJson(compared));
  else terminal.print(renderDiff(compared, { paint, columns, allFiles: options.files === true }));
  return options.exitCode === true && compared.differs ? EXIT.different : EXIT.ok;
};

export const watch: RemoteCommand = async (context) => {
  return showRollout(context, (await meantDeployment(context, { ended: true })).id, 'watcher');
};

export const logs: RemoteCommand = async (context) => {
  const { server, terminal, options, args } = context;
  const isService = args[0] === undefined || server.services().some(({ service }) => service === args[0]);
  const key = meantService(context, isService ? args[0] : options.service);
  const target = isService ? undefined : args[0];
  const lines = countOf(options.lines, 50);
  if (options.follow !== true) {
    const found = await server.logs(key, lines, target);
    if (terminal.json) terminal.printJson({ logs: found });
    else for (const log of found) terminal.print(prefixed(log, log.line, terminal));
    return EXIT.ok;
  }
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  terminal.closed.addEventListener('abort', end, { once: true });
  for await (const log of server.followLogs(key, lines, target, ending.signal)) {
    terminal.print(prefixed(log, log.line, terminal));
  }
  return EXIT.ok;
};

export const doctor: RemoteCommand = async (context) => {
  const found = await Promise.all(placesOf(context).map((key) => context.server.doctor(key)));
  const findings = found.flat();
  printFindings(context, findings);
  return findings.every((one) => one.ok) ? EXIT.ok : EXIT.unhealthy;
};

export const stop: RemoteCommand = async (context) => {
  const { server, terminal, options } = context;
  const keys = options.all === true ? placesOf(context) : [meantService(context, context.args[0])];
  const stopped: string[] = [];
  for (const key of keys) if (await server.stop(key, WHO_THE_TOKEN_SAYS)) stopped.push(key.service);
  if (terminal.json) terminal.printJson({ stopped });
  else terminal.print(stopped.length === 0 ? 'Nothing runs.' : `Stopped ${stopped.join(', ')}.`);
  return EXIT.ok;
};

export const approve = giving('approve');
export const reject = giving('reject');
export const promote = giving('promote');
export const pause = giving('pause');
export const retry = giving('retry');
export const abort = giving('abort');

/** Also for a deployment that is not paused but whose controller is gone: then there is nothing to signal. */
export const resume: RemoteCommand = async (context) => {
  const { id, phase } = await meantDeployment(context, { ended: false });
  const { attended } = await context.server.deployment(id);
  if (phase === 'paused' || phase === 'ended' || attended) return giving('resume')(context);
  return showBegun(context, await context.server.resume(id, WHO_THE_TOKEN_SAYS), async () => {});
};

function asked({ key, version }: { readonly key: LeaseKey; readonly version: string | undefined }) {
  return { ...key, ...(version === undefined ? {} : { version }) };
}

function giving(name: SignalName): RemoteCommand {
  return async (context) => {
    const { server, terminal, options } = context;
    const { id } = await meantDeployment(context, { ended: false });
    const { message, full, plan: seen } = options;
    const given = await server.signal(
      id,
      {
        signal: name,
        ...(message === undefined ? {} : { reason: message }),
        ...(full === true ? { full } : {}),
        ...(seen === undefined ? {} : { plan: seen }),
      },
      WHO_THE_TOKEN_SAYS,
    );
    if (terminal.json) terminal.printJson({ ...given, gate: gateJson(given.gate) });
    else if (given.received) terminal.print(`${id}: ${name} received. Watch it: ${command('watch', id)}`);
    else terminal.print(`${id} has not taken the ${name} yet; it stays in its journal.`);
    return given.received ? EXIT.ok : EXIT.left;
  };
}

/** Every service of the environment that is meant; of all of them, where none is. */
function placesOf({ server, options }: RemoteContext): readonly LeaseKey[] {
  return server
    .services()
    .filter(({ environment }) => options.env === undefined || environment === options.env);
}

async function meantDeployment(
  { server, args, options }: RemoteContext,
  which: { readonly ended: boolean },
): Promise<DeploymentSummary> {
  const [named] = args;
  const isService = server.services().some(({ service }) => service === named);
  if (named !== undefined && !isService) return (await server.deployment(named)).summary;
  const filter = {
    ...(named === undefined ? {} : { service: named }),
    ...(options.env === undefined ? {} : { environment: options.env }),
  };
  const { items: open } = await server.deployments({ ...filter, ended: false, limit: 2 });
  const { items } =
    open.length === 0 && which.ended ? await server.deployments({ ...filter, limit: 1 }) : { items: open };
  const [first, second] = items;
  if (first === undefined) {
    throw new InvalidInputError(which.ended ? 'there are no deployments yet' : 'no deployment is under way', {
      remedy: which.ended ? 'Begin with `sluice deploy`.' : '`sluice history` lists those that have ended.',
    });
  }
  if (second === undefined) return first;
  throw new InvalidInputError('several deployments are under way', {
    remedy: `Name the one that is meant: ${items.map((one) => one.id).join(', ')}.`,
  });
}

async function sayUnchanged({ server, terminal }: RemoteContext, key: LeaseKey): Promise<void> {
  const { items } = await server.deployments({ ...key, outcome: 'completed', limit: 1 });
  const { version = '', release = '' } = items[0] ?? {};
  if (terminal.json) terminal.printJson({ service: key.service, version, release, changed: false });
  else terminal.print(`${key.service} is as asked already: ${version} runs.`);
}
