/** The port of a hook: a command of the user's, run once at a point of the rollout. */
import type { DeploymentOutcome } from '../domain/event.ts';
import type { OperationContext } from '../domain/operation.ts';
import type { HookStep } from '../domain/step.ts';

/** What a hook is told about the deployment. */
export interface HookSubject {
  readonly deployment: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** `forward` in the rollout, `back` in the rollback. */
  readonly direction: 'forward' | 'back';
  /** What the deployment comes to, as far as that is settled; `null` while it is not. */
  readonly outcome: DeploymentOutcome | null;
  /** Why it does not complete, in one sentence; `null` when nothing is wrong. */
  readonly reason: string | null;
  /** More than 1 when a crash left it unknown whether it ran: it then runs again. */
  readonly attempt: number;
}

export interface HookRunner {
  /** Runs the hook; rejects with `OperationError` unless it ends with exit code 0. */
  run(hook: HookStep, subject: HookSubject, context: OperationContext): Promise<void>;
}
