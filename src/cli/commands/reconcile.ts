import { isUnchanged, type Plan } from '../../domain/plan.ts';
import { previewPlan } from '../../domain/preview.ts';
import type { EngineOptions } from '../../engine/engine.ts';
import type { Look } from '../../project/fleet/fleet.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ownTurn } from '../own-turn.ts';
import { renderPlan } from '../render/plan-text.ts';
import { runRollout } from '../rollout.ts';
import { whoAsks } from '../who.ts';

/** What is to be put right, and what cannot be looked at. */
interface Reconciliation {
  readonly plan: Plan;
  readonly look: Look;
}

/** `sluice reconcile [service]` */
export async function reconcile(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const [service] = context.args;
  const deployer = await project.deployer(service, context.options.env);
  if (context.options.dryRun === true) return dryRun(context, await deployer.planReconcile());
  const by = whoAsks(context.options);
  const name = async () => `a reconciliation to ${(await deployer.history.last()).version}`;

  return ownTurn(context, deployer, { name }, async () => {
    const found = await deployer.planReconcile();
    const differences = whatDiffers(found);
    if (!context.terminal.json && differences.length > 0) context.terminal.print(differences);
    if (found.plan.steps.length === 0) return sayNothingToDo(context, found);

    let isAllRight = true;
    const begin = async (options: EngineOptions) => {
      const state = await deployer.execute(found.plan, by, options);
      isAllRight = [...state.targets].every(({ failure }) => failure === null);
      return state;
    };
    const { exitCode } = await runRollout(context, deployer, begin);
    return exitCode === EXIT.ok && !isAllRight ? EXIT.unhealthy : exitCode;
  });
}

function dryRun({ terminal }: CommandContext, found: Reconciliation): ExitCode {
  const { plan } = found;
  const preview = previewPlan(plan);
  if (terminal.json) {
    terminal.printJson({ differences: whatDiffers(found), plan, preview });
    return EXIT.ok;
  }
  const { paint, columns } = terminal;
  terminal.print([
    ...whatDiffers(found),
    ...(plan.steps.length === 0
      ? [nothingToDo(found)]
      : ['', ...renderPlan(plan, preview, { paint, columns })]),
  ]);
  return EXIT.ok;
}

function sayNothingToDo({ terminal }: CommandContext, found: Reconciliation): ExitCode {
  const { plan, look } = found;
  const { service, release } = plan;
  if (terminal.json) {
    const unreachable = Object.fromEntries([...look.unreachable].map(([id, { message }]) => [id, message]));
    terminal.printJson({
      service,
      version: release.version,
      release: release.id,
      changed: false,
      unreachable,
    });
  } else {
    terminal.print(nothingToDo(found));
  }
  return isAway(found) ? EXIT.unhealthy : EXIT.ok;
}

function nothingToDo(found: Reconciliation): string {
  const { service, release } = found.plan;
  const where = isAway(found) ? 'Wherever it can be reached, ' : '';
  return `${where}${service} is as the last good deployment left it: ${release.version}.`;
}

function isAway({ plan, look }: Reconciliation): boolean {
  return plan.targets.some(({ id, leaving }) => leaving !== true && look.unreachable.has(id));
}

/** A sentence for each target that is not as it should be. */
function whatDiffers({ plan, look }: Reconciliation): string[] {
  const { version } = plan.release;
  const updated = new Set(plan.steps.flatMap((step) => (step.kind === 'update' ? step.targets : [])));
  return plan.targets.flatMap((target) => {
    const { id, from, leaving } = target;
    const away = look.unreachable.get(id);
    if (away !== undefined) return [`${id} cannot be reached: ${away.message}`];
    if (leaving === true) return [`${id} runs ${versionIn(from)}, is not in the config`];
    if (isUnchanged(plan, target)) return updated.has(id) ? [`${id} runs ${version}, but not well`] : [];
    return [`${id} runs ${from === null ? 'nothing' : versionIn(from)}, should run ${version}`];
  });
}

function versionIn(release: string | null): string {
  return release === null ? 'nothing' : release.slice(0, release.lastIndexOf('-'));
}
