import { type Account, accountOf } from '../../domain/account.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { isoTime, outcomeJson } from '../outcome-json.ts';
import { renderShow } from '../render/show-text.ts';
import { meantDeployment } from '../under-way.ts';

/** `sluice show [deployment]` */
export async function show(context: CommandContext): Promise<ExitCode> {
  const { terminal, options } = context;
  const project = await context.project();
  const { id } = await meantDeployment(context, { ended: true });
  const stored = await project.journal.read(id);
  const account = accountOf(
    id,
    stored.map(({ event }) => event),
  );
  // A deployment begins with its first event: there is always an account of it.
  if (account === null) return EXIT.unexpected;
  const allTargets = options.targets === true;
  const { paint, columns } = terminal;
  if (terminal.json) terminal.printJson(showJson(account, stored));
  else terminal.print(renderShow(account, stored, { paint, columns, allTargets, now: Date.now() }));
  return EXIT.ok;
}

/** As `--json` prints it. */
export function showJson(account: Account, events: readonly StoredEvent[]): Record<string, unknown> {
  const { state, createdAt, steps, targets, signals, controllers } = account;
  const times = <T extends { readonly startedAt: number | null; readonly endedAt: number | null }>(
    one: T,
  ) => ({
    ...one,
    startedAt: isoTime(one.startedAt),
    endedAt: isoTime(one.endedAt),
    tookMs: one.startedAt === null || one.endedAt === null ? null : one.endedAt - one.startedAt,
  });
  return {
    ...outcomeJson(state),
    targets: targets.map(({ state: now, ...target }) => ({ ...target, ...now })),
    plan: state.plan.digest,
    by: state.by,
    createdAt: isoTime(createdAt),
    tookMs: state.endedAt === null ? null : state.endedAt - createdAt,
    controllers: controllers.map(({ at, controller }) => ({ at: isoTime(at), controller })),
    steps: steps.map(times),
    signals: signals.map(({ at, ...signal }) => ({ at: isoTime(at), ...signal })),
    events,
  };
}
