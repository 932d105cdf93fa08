import type { CheckResult, HealthCheck } from '../../health/health-check.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import type { Caller, Wire } from './wire.ts';
import type { World } from './world.ts';

/** The simulated world as seen by a health check: the truth, unless the wire is struck. */
export function simulatedCheck(world: World, wire: Wire, caller: Caller): HealthCheck {
  return {
    name: 'simulated',
    critical: true,
    timeoutMs: 1_000,
    intervalMs: 150,
    rise: 1,
    fall: 1,
    startDelayMs: 0,
    run(subject, signal): Promise<CheckResult> {
      const instance = subject.address === undefined ? undefined : world.at(subject.address.port);
      const call = {
        name: 'check',
        target: subject.target ?? null,
        release: instance?.release ?? null,
      } as const;
      // A check that is out of time says that the instance is unhealthy, whatever is true and whenever it answers; one
      // that nobody wants the answer of any more says nothing.
      const giveUp = () => instance !== undefined && noteSilence(instance, caller, isOutOfTime(signal));
      signal.addEventListener('abort', giveUp, { once: true });
      return wire
        .call(caller, call, signal, () => ask(world, instance))
        .then(
          (answer) => {
            if (instance !== undefined && !signal.aborted) noteAnswer(instance, caller, answer);
            return answer;
          },
          (): CheckResult => {
            if (instance !== undefined && !signal.aborted) noteSilence(instance, caller, false);
            return { status: 'unknown', message: 'simulated loss of the question' };
          },
        )
        .finally(() => signal.removeEventListener('abort', giveUp));
    },
  };
}

function isOutOfTime({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

function ask(world: World, instance: SimulatedInstance | undefined): CheckResult {
  if (instance === undefined) return { status: 'unhealthy', message: 'nothing listens' };
  if (world.isHealthy(instance)) return { status: 'healthy', message: 'ok' };
  return { status: 'unhealthy', message: 'simulated sickness' };
}

function noteAnswer(instance: SimulatedInstance, { name }: Caller, { status }: CheckResult): void {
  instance.doubtedBy.delete(name);
  instance.answers++;
  if (status === 'healthy') instance.seenWell = true;
  if (status === 'healthy') return;
  instance.seenSick = true;
  instance.badAnswers++;
}

function noteSilence(instance: SimulatedInstance, { name }: Caller, isOutOfTime: boolean): void {
  instance.doubtedBy.delete(name);
  if (!isOutOfTime) return;
  instance.doubtedBy.add(name);
  instance.badAnswers++;
}
