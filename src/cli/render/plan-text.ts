/** What `sluice plan` prints: everything that will happen, in seconds readable by a person. */
import { isUnchanged, type Plan } from '../../domain/plan.ts';
import type { PlanPreview } from '../../domain/preview.ts';
import { clean } from '../../words/clean.ts';
import { formatSpan } from '../../words/durations-text.ts';
import type { Paint } from '../../words/paint.ts';
import { rollbackGroups } from '../../words/rollback-words.ts';
import { command, serviceCommand } from '../../words/typed-command.ts';
import { counted, formatCount, idList, idsOf, newLabel, oldLabel, releaseLabel } from '../../words/words.ts';
import { type Labelled, labelledLines } from './layout.ts';
import { type Offer, offerLines } from './offers.ts';
import { planSteps } from './plan-steps.ts';
import { spread, truncate, wrap } from './text.ts';

export interface PlanTextOptions {
  readonly paint: Paint;
  /** Width of the output. */
  readonly columns: number;
  /** How long it will take, in milliseconds, as earlier deployments tell. */
  readonly estimateMs?: number;
}

/** Digits of the digest that name a plan. */
const SHORT_DIGEST = 8;
/** Width of the labels at the left of what is said about the plan as a whole. */
const LABEL_COLUMNS = 10;

/** The plan as lines. `preview` is `previewPlan(plan)`. */
export function renderPlan(plan: Plan, preview: PlanPreview, options: PlanTextOptions): string[] {
  const { columns, paint } = options;
  const lines = [...header(plan, options), ''];
  if (isNoChange(plan)) lines.push(noChange(plan, paint), '');
  if (plan.steps.length > 0) lines.push(...planSteps(plan, preview, options), '');
  const about = plan.steps.length > 0 ? remarks(plan, preview, options) : [];
  const what: Labelled = { label: 'next', lines: offerLines([next(plan)], paint) };
  lines.push(...labelledLines([...about, what], LABEL_COLUMNS, paint));
  return lines.map((line) => truncate(line.trimEnd(), columns, paint.symbols.ellipsis));
}

function header(plan: Plan, { paint, columns }: PlanTextOptions): string[] {
  const { arrow, ellipsis, separator } = paint.symbols;
  const release = paint.strong(paint.good(newLabel(plan)));
  const from = fromVersions(plan);
  const versions = from === null ? release : `${from} ${arrow} ${release}`;
  const isFirst = plan.targets.length > 0 && plan.targets.every((target) => target.from === null);
  const where = `in ${plan.environment}${isFirst ? ', the first deployment' : ''}`;
  const digest = `plan ${plan.digest.slice(0, SHORT_DIGEST)}`;
  const title = `${paint.strong(plan.service)}  ${versions}  ${paint.dim(where)}`;
  const facts = [clean(plan.strategy.name), ...targetFacts(plan, ellipsis)];
  return [spread(title, paint.dim(digest), columns, ellipsis), paint.dim(facts.join(` ${separator} `))];
}

function targetFacts(plan: Plan, ellipsis: string): string[] {
  const { wanted, leaving } = idsOf(plan);
  const unchanged = plan.targets.filter((target) => isUnchanged(plan, target)).map((target) => target.id);
  const facts = [wanted.length === 0 ? 'no targets' : `targets ${idList(wanted, ellipsis)}`];
  if (unchanged.length > 0 && !isNoChange(plan)) {
    facts.push(`${idList(unchanged, ellipsis)} ${unchanged.length === 1 ? 'has' : 'have'} it already`);
  }
  if (leaving.length > 0) {
    facts.push(`${idList(leaving, ellipsis)} ${leaving.length === 1 ? 'leaves' : 'leave'}`);
  }
  return facts;
}

/** `1.0.0`, or `1.0.0 (3), 0.9.0 (1)` where the targets differ; `null` for nothing. */
function fromVersions(plan: Plan): string | null {
  const counts = new Map<string, number>();
  for (const { from } of plan.targets) {
    if (from !== null && from !== plan.release.id) counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  if (counts.size < 2) return counts.size === 0 ? null : oldLabel(plan);
  const versions = [...counts].map(([id, count]) => {
    const release = plan.previous[id];
    return `${release === undefined ? id : releaseLabel(plan, release)} (${formatCount(count)})`;
  });
  return versions.join(', ');
}

function isNoChange(plan: Plan): boolean {
  return plan.targets.every((target) => isUnchanged(plan, target));
}

function noChange(plan: Plan, paint: Paint): string {
  if (plan.targets.length === 0) return 'There are no targets: nothing to do.';
  const { length } = plan.targets;
  const all = length === 1 ? 'The target runs' : `All ${formatCount(length)} targets run`;
  const already = `${all} ${newLabel(plan)} already`;
  if (plan.steps.length === 0) return paint.good(`${already}: nothing to do.`);
  if (plan.steps.some((step) => step.kind === 'update')) {
    return paint.waiting(`${already}, not all of them well: those are brought up again.`);
  }
  return paint.good(`${already}: they stay as they are.`);
}

function remarks(
  plan: Plan,
  preview: PlanPreview,
  { paint, columns, estimateMs }: PlanTextOptions,
): Labelled[] {
  const inLines = (text: string) => wrap(text, columns - LABEL_COLUMNS);
  return [
    { label: 'capacity', lines: inLines(capacity(plan, preview)).map(capacityStyle(plan, preview, paint)) },
    { label: 'rollback', lines: rollbackGroups(plan, preview, paint.symbols).flatMap(inLines) },
    { label: 'time', lines: inLines(time(plan, preview, estimateMs)) },
  ];
}

function capacity(plan: Plan, preview: PlanPreview): string {
  const { capabilities, targets } = plan;
  const { peakExtraInstances, worstUnavailable } = preview;
  if (targets.every((target) => target.from === null)) return 'nothing serves yet';
  const extra = capabilities.beside ? `at most ${counted(peakExtraInstances, 'extra instance')}; ` : '';
  if (worstUnavailable === 0) return `${extra}no target is out of service at any time`;
  const worst = `${formatCount(worstUnavailable)} of ${counted(targets.length, 'target')}`;
  const leaving = idsOf(plan).leaving.length;
  const leave = leaving === 0 ? '' : `, counting the ${formatCount(leaving)} that leave`;
  return `${extra}at worst ${worst} out of service at once${leave}`;
}

function capacityStyle({ targets }: Plan, { worstUnavailable }: PlanPreview, paint: Paint) {
  if (worstUnavailable === 0) return (line: string) => line;
  return worstUnavailable === targets.length ? paint.bad : paint.waiting;
}

function time(plan: Plan, preview: PlanPreview, estimateMs: number | undefined): string {
  const asks = plan.steps.some((step) => step.kind === 'gate') ? ', and as long as the approval takes' : '';
  if (estimateMs !== undefined) return `about ${formatSpan(estimateMs)}, as earlier deployments took${asks}`;
  if (preview.waitsMs === 0) return `not known: there is no earlier deployment to tell${asks}`;
  return `at least ${formatSpan(preview.waitsMs)} of waiting by design${asks}`;
}

function next(plan: Plan): Offer {
  if (plan.steps.length > 0) {
    return { typed: command('apply', plan.digest.slice(0, SHORT_DIGEST)), does: 'does exactly this' };
  }
  return { typed: serviceCommand('status', plan.environment, plan.service), does: 'shows what runs where' };
}
