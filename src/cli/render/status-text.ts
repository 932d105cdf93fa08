/** What `sluice status` prints: what runs where, whether it is well, and what to type where it is not. */
import { holderInWords } from '../../domain/holder.ts';
import type { InstanceStatus, ServiceStatus, UnfinishedDeployment } from '../../project/service-status.ts';
import { clean } from '../../words/clean.ts';
import { formatAgo } from '../../words/durations-text.ts';
import { gateFacts } from '../../words/gate-words.ts';
import type { Paint } from '../../words/paint.ts';
import { command, serviceCommand } from '../../words/typed-command.ts';
import { counted, formatCount, formatPercent, inWords, versionOf } from '../../words/words.ts';
import { bar, table } from './layout.ts';
import { type Offer, offersInLine } from './offers.ts';
import { summaryWords, type TableOptions } from './tables.ts';
import { spread, truncate, visibleWidth } from './text.ts';

/** Instances listed one by one; where there are more, those that are not well come first. */
const MOST_INSTANCES = 20;
const BAR_COLUMNS = 24;
const JUST_STARTED_MS = 5_000;
const INDENT = '  ';

/** The services as lines, by environment. Instances are listed for a single service and for those not well. */
export function renderStatus(services: readonly ServiceStatus[], options: TableOptions): string[] {
  const { columns, paint } = options;
  const lines: string[] = [];
  for (const environment of new Set(services.map((service) => service.environment))) {
    const here = services.filter((service) => service.environment === environment);
    if (lines.length > 0) lines.push('');
    lines.push(paint.dim(`in ${environment}`));
    for (const service of here) {
      if (!service.well || services.length === 1) lines.push('');
      lines.push(...serviceLines(service, services.length === 1 || !service.well, options));
    }
  }
  return lines.map((line) => truncate(line.trimEnd(), columns, paint.symbols.ellipsis));
}

function serviceLines(service: ServiceStatus, isDetailed: boolean, options: TableOptions): string[] {
  const { paint, columns } = options;
  const { symbols } = paint;
  const mark = service.well ? paint.good(symbols.done) : paint.waiting(symbols.attention);
  const title = `${mark} ${paint.strong(service.service)}  ${versionsAndHealth(service, paint)}`;
  const fits = visibleWidth(title) + 2 + service.url.length <= columns;
  const lines = fits
    ? [spread(title, paint.hint(service.url), columns, symbols.ellipsis)]
    : [title, INDENT + paint.hint(service.url)];
  if (isDetailed) {
    lines.push(
      ...splitLines(service, paint),
      ...instanceLines(service, options),
      ...lastLines(service, options),
    );
  }
  for (const [target, why] of Object.entries(service.unreachable)) {
    lines.push(
      `${INDENT}${paint.bad(paint.symbols.attention)} ${clean(target)}  ${paint.bad('unreachable')}`,
    );
    lines.push(`${INDENT}   ${paint.dim(inWords(why))}`);
  }
  for (const drift of service.drift)
    lines.push(`${INDENT}${paint.waiting(`${symbols.attention} ${clean(drift)}`)}`);
  return [...lines, ...nextLines(service, options).map((line) => INDENT + line)];
}

/** `1.1.0 on 4 of 4 targets, healthy`. */
function versionsAndHealth({ instances, targets, unreachable }: ServiceStatus, paint: Paint): string {
  const lost = Object.keys(unreachable).length;
  if (instances.length === 0 && lost === 0) return paint.waiting('nothing runs');
  const counts = new Map<string, number>();
  for (const { version } of instances) counts.set(version, (counts.get(version) ?? 0) + 1);
  const versions = [...counts].map(([version, count]) => `${version} on ${formatCount(count)}`).join(', ');
  const bad = instances.filter((one) => one.health === 'unhealthy').length;
  const degraded = instances.filter((one) => one.health === 'degraded').length;
  const unknown = instances.filter((one) => one.health === 'unknown').length;
  const health = [
    ...(bad > 0 ? [paint.bad(`${formatCount(bad)} unhealthy`)] : []),
    ...(degraded > 0 ? [paint.waiting(`${formatCount(degraded)} degraded`)] : []),
    ...(lost > 0 ? [paint.bad(`${formatCount(lost)} unreachable`)] : []),
    ...(unknown > 0 ? [paint.dim(`${formatCount(unknown)} not checked`)] : []),
  ];
  const words = health.length === 0 ? paint.good('healthy') : health.join(', ');
  if (instances.length === 0) return words;
  return `${versions} of ${counted(targets.length, 'target')}, ${words}`;
}

/** Only while the traffic is divided. */
function splitLines({ split, instances }: ServiceStatus, paint: Paint): string[] {
  if (split === null) return [];
  const others = new Set(
    instances.filter((one) => one.routed && one.release !== split.release).map((one) => one.version),
  );
  const isDivided = others.size > 0 && instances.some((one) => one.routed && one.release === split.release);
  if (!isDivided) return [];
  const shares = [
    `${formatPercent(split.percent)} ${versionOf(split.release)}`,
    `${formatPercent(100 - split.percent)} ${[...others].join(', ')}`,
  ];
  const words = shares.join(` ${paint.symbols.separator} `);
  return [`${INDENT}${paint.dim('traffic')}  ${bar(split.percent, BAR_COLUMNS, paint)}  ${words}`];
}

function instanceLines({ instances }: ServiceStatus, { paint, columns, now }: TableOptions): string[] {
  const isShort = instances.length <= MOST_INSTANCES;
  const inOrder = isShort ? instances : instances.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)));
  const shown = inOrder.slice(0, MOST_INSTANCES);
  const rows = shown.map((one) => [
    isWell(one) ? paint.good(paint.symbols.onNew) : paint.bad(paint.symbols.attention),
    one.target,
    one.version,
    healthWords(one, paint),
    one.routed ? 'gets traffic' : paint.dim('no traffic'),
    one.startedAt === null ? '' : paint.dim(upTime(now - one.startedAt)),
    one.pid === null ? '' : paint.dim(`pid ${one.pid}`),
    one.restarts === 0 ? '' : paint.waiting(counted(one.restarts, 'restart')),
  ]);
  const shape = [{}, { flexible: true }, {}, {}, {}, {}, {}, {}] as const;
  const lines = table(rows, shape, columns - INDENT.length, paint.symbols.ellipsis).flatMap((line, at) => {
    const { health, state, message = '' } = shown[at] ?? {};
    const isTold = state === 'running' && (health === 'unhealthy' || health === 'degraded');
    const why = isTold ? [paint.dim(`   ${inWords(message)}`)] : [];
    return [line, ...why].map((text) => INDENT + text);
  });
  const more = instances.length - shown.length;
  return more > 0 ? [...lines, paint.dim(`${INDENT}and ${counted(more, 'more instance')}`)] : lines;
}

function upTime(ms: number): string {
  return ms < JUST_STARTED_MS ? 'just started' : `up ${formatAgo(ms).replace(' ago', '')}`;
}

function isWell({ health, state }: InstanceStatus): boolean {
  return state === 'running' && health !== 'unhealthy';
}

function healthWords({ health, state }: InstanceStatus, paint: Paint): string {
  if (state !== 'running') return paint.bad(state);
  switch (health) {
    case 'healthy':
      return paint.good('healthy');
    case 'degraded':
      return paint.waiting('degraded');
    case 'unhealthy':
      return paint.bad('unhealthy');
    case 'unknown':
      return paint.dim('not checked');
  }
}

function lastLines({ last }: ServiceStatus, { paint, now }: TableOptions): string[] {
  if (last === null) return [];
  const { title } = summaryWords(last, paint);
  const when = formatAgo(now - (last.endedAt ?? last.createdAt));
  const why = last.reason === null ? '' : `: ${inWords(last.reason)}`;
  const words = `${last.id}, ${last.version}, ${title} ${paint.dim(`${when} by ${clean(last.by)}${why}`)}`;
  return [`${INDENT}${paint.dim('last')}  ${words}`];
}

/** A deployment that has not ended, and what to type; or how to begin. */
function nextLines(
  { service, environment, instances, unfinished, drift }: ServiceStatus,
  { paint, now }: TableOptions,
): string[] {
  if (unfinished === null) {
    if (instances.length > 0 && drift.length === 0) return [];
    if (instances.length > 0) {
      const typed = serviceCommand('reconcile', environment, service);
      return [offersInLine([{ typed, does: 'puts it right' }], paint)];
    }
    return [
      offersInLine([{ typed: serviceCommand('deploy', environment, service), does: 'starts it' }], paint),
    ];
  }
  const { id, version, attended, holder, reason, question, gate } = unfinished;
  const { title } = summaryWords(unfinished, paint);
  const stands =
    question === undefined ? `is ${title}` : `waits for approval, ${JSON.stringify(clean(question))}`;
  const who = attended
    ? `, ${clean(holder === null ? 'somebody' : holderInWords(holder))} looks after it`
    : ', its controller is gone';
  const why = reason === null ? '' : `: ${inWords(reason)}`;
  return [
    `${paint.waiting(paint.symbols.attention)} ${id} (${version}) ${stands}${who}${why}`,
    ...(gate === undefined ? [] : [`${INDENT}${paint.dim(gateFacts(gate, now).join(', '))}`]),
    `${INDENT}${offersInLine(offersFor(unfinished), paint)}`,
  ];
}

function offersFor({ id, attended, phase, question }: UnfinishedDeployment): Offer[] {
  const abort: Offer = { typed: command('abort', id), does: 'goes back' };
  if (question !== undefined) {
    return [
      { typed: command('approve', id), does: 'goes on' },
      { typed: command('reject', id), does: 'goes back' },
    ];
  }
  if (phase === 'paused' || !attended) return [{ typed: command('resume', id), does: 'goes on' }, abort];
  return [{ typed: command('watch', id), does: 'shows it' }, abort];
}
