import type { DeploymentState } from '../../domain/state.ts';
import type { CallName } from './faults.ts';
import type { Census } from './simulated-instance.ts';
import type { World } from './world.ts';

/** A call that is to change the world. */
export interface EffectCall {
  /** Name of the controller. */
  readonly by: string;
  readonly call: CallName;
  readonly target: string | null;
  /** Release id. */
  readonly release: string | null;
  /** Of a shift: the new share of the plan's release. */
  readonly percent?: number;
  /** Of a prune: the releases that stay. */
  readonly keep?: readonly string[];
}

/** One change that a controller made to the world, and what was true around it. */
export interface Effect extends EffectCall {
  /** Milliseconds since the epoch: when it took place. */
  readonly at: number;
  /** The deployment as the journal had it when the controller made the call. */
  readonly state: DeploymentState;
  /** The same when it took place. */
  readonly latest: DeploymentState;
  /** Whether its abort had been obeyed by then. */
  readonly aborted: boolean;
  /** How long before the call somebody asked for an abort; `null` when nobody had. */
  readonly abortAskedMs: number | null;
  /** It finishes, or repeats, what an earlier controller had begun when it was killed. */
  readonly recovers: boolean;
  /** Who held the lease then. */
  readonly holder: string | null;
  /** Right before the effect. */
  readonly before: Census;
  /** Whether the instance that it ends was running and got traffic right before. */
  readonly cutsTraffic: boolean;
  /** Whether it lets in an instance that was never healthy yet. */
  readonly letsInEarly: boolean;
  /** Release ids of what is on its target right before. */
  readonly runs: readonly string[];
  /** Right after the effect. */
  readonly after: Census;
}

/** Records every effect with what was true around it. */
export interface EffectRecorder {
  /** To be called when the call is made; the function it returns does `work` when the call has arrived. */
  begin(call: EffectCall): (work: (world: World) => void) => void;
}
