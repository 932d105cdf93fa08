/** What of a service needs a person, a sentence each, the most urgent first. Pure. */
import { countOf } from '../../domain/gate.ts';
import type { InstanceStatus, ServiceStatus, UnfinishedDeployment } from '../../project/service-status.ts';

/** Told one by one; of more, how many. */
const MOST_TOLD = 3;

export function needsOf(status: ServiceStatus | null, fault: string | null): string[] {
  return [
    ...(status === null ? [] : ofStatus(status)),
    ...(fault === null ? [] : [`it cannot be looked at: ${fault}`]),
  ];
}

function ofStatus(status: ServiceStatus): string[] {
  const { unfinished, last, drift, instances, unreachable, targets } = status;
  // What is half done is neither well nor as it should be.
  const sick = unfinished === null ? instances.filter(isSick) : [];
  const away = Object.entries(unreachable);
  return [
    ...(unfinished === null ? [] : ofUnfinished(unfinished)),
    ...some(
      sick.map(({ target, state, message }) =>
        state === 'running' ? `${target} is unhealthy: ${message}` : `${target} is ${state}`,
      ),
      `of ${instances.length} instances are unhealthy`,
    ),
    ...some(
      away.map(([target, why]) => `${target} cannot be reached: ${why}`),
      `of ${targets.length} targets cannot be reached`,
    ),
    ...some(unfinished === null ? drift : [], 'differences from what the last good deployment left'),
    ...(unfinished === null ? ofLast(last) : []),
  ];
}

function ofUnfinished(left: UnfinishedDeployment): string[] {
  const { id, phase, reason, attended, gate } = left;
  const needs: string[] = [];
  if (phase === 'paused') needs.push(`${id} is paused${reason === null ? '' : `: ${reason}`}`);
  else if (gate !== undefined) {
    const count = gate.needed > 1 ? ` (${countOf(gate)} approved)` : '';
    needs.push(`${id} waits for approval: "${gate.question}"${count}`);
  }
  if (!attended) needs.push(`${id} is unattended: no controller looks after it`);
  return needs;
}

function ofLast(last: ServiceStatus['last']): string[] {
  if (last?.outcome !== 'failed' && last?.outcome !== 'rolled-back') return [];
  const what = last.outcome === 'failed' ? 'failed' : 'was rolled back';
  return [`${last.id} (${last.version}) ${what}${last.reason === null ? '' : `: ${last.reason}`}`];
}

function isSick({ health, state }: InstanceStatus): boolean {
  return health === 'unhealthy' || state !== 'running';
}

/** @param rest what is said of how many they are */
function some(sentences: readonly string[], rest: string): string[] {
  return sentences.length > MOST_TOLD ? [`${sentences.length} ${rest}`] : [...sentences];
}
