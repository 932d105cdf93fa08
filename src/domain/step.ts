/**
 * The steps: the instructions of a plan. A strategy only writes these; what the dry run prints, what the
 * approval binds and what the engine performs are the same objects.
 */

/**
 * How an update brings a target to another release:
 * - `in-place`: drain, stop the one, start the other, wait until healthy, admit. Capacity falls by the batch.
 * - `surge`: start the other beside, wait until healthy, admit, then drain and stop the one. No capacity is
 *   lost, the batch's is doubled for a while.
 * - `beside`: start the other beside, wait until healthy, admit. The one keeps running until `retire`, so
 *   that going back costs one `shift`.
 */
export type UpdateMode = 'in-place' | 'surge' | 'beside';

/** `forward` brings targets to the plan's release; `back` to what each of them ran before. */
export type Direction = 'forward' | 'back';

export interface StageStep {
  readonly kind: 'stage';
}

export interface UpdateStep {
  readonly kind: 'update';
  /** Target ids of the batch. */
  readonly targets: readonly string[];
  readonly mode: UpdateMode;
  readonly direction: Direction;
}

export interface ShiftStep {
  readonly kind: 'shift';
  /** Share of the traffic that the plan's release gets, 0 to 100. */
  readonly percent: number;
}

export interface BakeStep {
  readonly kind: 'bake';
  readonly durationMs: number;
}

export interface GateStep {
  readonly kind: 'gate';
  /** What is asked, in a few words. */
  readonly name: string;
  readonly deadlineMs: number;
  /** People who have to say yes. Default 1. */
  readonly approvals?: number;
  /** Who may answer, as `ann`, on any machine, or `ann@laptop`. Default: anybody. */
  readonly approvers?: readonly string[];
}

export interface HookStep {
  readonly kind: 'hook';
  readonly name: string;
  /** Program and arguments; no shell is involved. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

export interface VerifyStep {
  readonly kind: 'verify';
}

export interface RetireStep {
  readonly kind: 'retire';
  /** Which side goes: `old` at the end of a rollout, `new` at the end of a rollback. */
  readonly side: Side;
}

/** The plan's own release is `new`; whatever a target ran before is `old`. */
export type Side = 'new' | 'old';

export type Step =
  | StageStep
  | UpdateStep
  | ShiftStep
  | BakeStep
  | GateStep
  | HookStep
  | VerifyStep
  | RetireStep;

export type StepKind = Step['kind'];
