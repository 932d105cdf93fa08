import type { Mutant } from './mutant.ts';

/** Faults under which Sluice believes what is not so. */
export const AGAINST_THE_TRUTH: readonly Mutant[] = [
  {
    name: 'inconclusive-is-a-pass',
    promise: 7,
    says: 'checks without a verdict count as passed',
    file: 'domain/decide-step.ts',
    find: "if (progress.verdict === 'pass') return finished(context);",
    replace:
      "if (progress.verdict === 'pass' || progress.verdict === 'inconclusive') return finished(context);",
  },
  {
    name: 'unknown-is-healthy',
    promise: 7,
    says: 'an instance that could not be asked counts as healthy',
    file: 'engine/perform-on-fleet.ts',
    find: "    case 'unknown':\n      return { verdict: 'inconclusive', ...seen };",
    replace: "    case 'unknown':\n      return { verdict: 'pass' };",
  },
  {
    name: 'unknown-is-a-failure',
    promise: 7,
    says: 'an instance that could not be asked counts as unhealthy',
    file: 'engine/perform-on-fleet.ts',
    find: "    case 'unknown':\n      return { verdict: 'inconclusive', ...seen };",
    replace: "    case 'unknown':\n      return { verdict: 'fail', error: 'no answer' };",
  },
  {
    name: 'first-verdict-stands',
    promise: 7,
    says: 'the bake ends on the first good verdict, and looks no more',
    file: 'domain/decide-step.ts',
    find: "return now >= checkAt ? startOnFleet(context, 'check') : { events: [], wakeAt: Math.min(checkAt, endsAt) };",
    replace:
      "return progress.checkedAt === null && now >= checkAt ? startOnFleet(context, 'check') : { events: [], wakeAt: endsAt };",
  },
  {
    name: 'exited-not-noticed',
    promise: 7,
    says: 'a check does not notice an instance that has ended',
    file: 'engine/perform-on-fleet.ts',
    find: "if (instance?.state !== 'running' || crashed) return ended(performance, planned.id, index, instance);",
    replace: "if (instance === undefined || instance.state !== 'running' || crashed) continue;",
  },
  {
    name: 'sick-kept-in-check',
    promise: 7,
    says: 'an instance that was seen to be unhealthy is left out of the checks',
    file: 'engine/perform-on-fleet.ts',
    find: "if (phase !== 'serving' && phase !== 'failing' && phase !== 'healthy') continue;",
    replace: "if (phase !== 'serving' && phase !== 'healthy') continue;",
  },
  {
    name: 'stop-believed',
    promise: 7,
    says: 'an instance that could not be stopped counts as gone',
    file: 'domain/operation-effects.ts',
    find: "    case 'stop':\n      return { ...target, [side]: 'attempted' };",
    replace: "    case 'stop':\n      return { ...target, [side]: 'none' };",
  },
  {
    name: 'lists-lie',
    promise: 7,
    says: 'lists go on to say that a deployment is paused when it was resumed',
    file: 'domain/summary.ts',
    find: 'return event.refused === undefined ? phaseAfterSignal(next, event.signal.signal) : next;',
    replace:
      "return event.refused === undefined && event.signal.signal !== 'resume' ? phaseAfterSignal(next, event.signal.signal) : next;",
  },
];
