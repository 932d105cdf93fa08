/** What the scenarios of this folder look at. */
import { currentStep, type DeploymentState } from '../../../src/domain/state.ts';
import type { StepKind } from '../../../src/domain/step.ts';
import type { Rehearsal } from '../../../src/testing/simulation/rehearsal.ts';

/** Everything that runs, a line each: `t1 2.0.0`, and what is not right about it. */
export function whatRuns({ running }: Rehearsal): string[] {
  return running.map(({ target, version, state, traffic }) => {
    const wrong = [state === 'exited' ? ', exited' : '', traffic ? '' : ', no traffic'];
    return `${target} ${version}${wrong.join('')}`;
  });
}

/** So many targets, each with this version alone, healthy and with traffic. */
export function all(version: string, targets = 4): string[] {
  return Array.from({ length: targets }, (_, index) => `t${index + 1} ${version}`);
}

/** A step of this kind is under way, going forward. */
export function during(kind: StepKind): (state: DeploymentState) => boolean {
  return (state) => state.step !== null && state.direction === 'forward' && currentStep(state)?.kind === kind;
}

export function isRollingBack({ direction, phase }: DeploymentState): boolean {
  return direction === 'back' && phase !== 'ended';
}

/** The changes to the world that fit, in order. */
export function changesLike({ changes }: Rehearsal, pattern: RegExp): string[] {
  return changes.map(({ what }) => what).filter((what) => pattern.test(what));
}
