/**
 * The one family of errors that Sluice throws. Expected outcomes (a target that fails, a rollback) are
 * values; an error means misuse, a conflict, or a fault outside. Each has a stable `code`, typed fields,
 * and a `remedy`: what to do next.
 */

/** What was seen when something failed: enough to understand it without logging in anywhere. */
export interface Evidence {
  /** The last answer of a health check, in words. */
  readonly probe?: string;
  /** The exit code of the process, where it ended by itself. */
  readonly exitCode?: number;
  /** The signal that ended the process. */
  readonly signal?: string;
  /** The last lines of the service's own log, oldest first. */
  readonly log?: readonly string[];
}

export interface SluiceErrorOptions {
  readonly cause?: unknown;
  readonly remedy?: string;
}

/** The base of every error that Sluice throws on purpose. */
export abstract class SluiceError extends Error {
  abstract readonly code: string;
  /** What to do next, as one sentence. */
  readonly remedy: string | undefined;

  constructor(message: string, options: SluiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** A name, version or option that cannot be accepted; nothing was changed. */
export class InvalidInputError extends SluiceError {
  readonly code = 'INVALID_INPUT';
}

/** A config file that cannot be used. The message begins with `file:line:column path:`. */
export class ConfigError extends SluiceError {
  readonly code = 'CONFIG';
  /** Every problem found, each with its place. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: SluiceErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** A plan that was edited after it was made, or whose steps make no sense. */
export class InvalidPlanError extends SluiceError {
  readonly code = 'INVALID_PLAN';
}

/** The fleet is no longer what it was when the plan was made. */
export class StalePlanError extends SluiceError {
  readonly code = 'STALE_PLAN';
  /** What differs, a line a target. */
  readonly differences: readonly string[];
  constructor(message: string, differences: readonly string[], options?: SluiceErrorOptions) {
    super(message, options);
    this.differences = differences;
  }
}

/** The operation asked for does not fit the state that the plan is in. */
export class InvalidPlanStateError<Plan = unknown> extends SluiceError {
  readonly code = 'INVALID_PLAN_STATE';
  readonly state: string;
  readonly plan: Plan;
  constructor(message: string, state: string, plan: Plan, options?: SluiceErrorOptions) {
    super(message, options);
    this.state = state;
    this.plan = plan;
  }
}

/** Another controller acts on this service in this environment. */
export class LeaseHeldError extends SluiceError {
  readonly code = 'LEASE_HELD';
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly doing: string;
  constructor(
    message: string,
    held: { readonly holder: string; readonly since: number; readonly doing: string },
    options?: SluiceErrorOptions,
  ) {
    super(message, options);
    this.holder = held.holder;
    this.since = held.since;
    this.doing = held.doing;
  }
}

/** This controller's lease was taken over; it must not act any more. */
export class FencedError extends SluiceError {
  readonly code = 'FENCED';
}

/** The journal has events that this controller has not seen: two wrote the same deployment. */
export class JournalConflictError extends SluiceError {
  readonly code = 'JOURNAL_CONFLICT';
}

/** The journal cannot be read or written: corrupt, from a newer Sluice, not ours, the disk full. */
export class JournalError extends SluiceError {
  readonly code = 'JOURNAL';
}

/** No deployment has this id. */
export class DeploymentNotFoundError extends SluiceError {
  readonly code = 'DEPLOYMENT_NOT_FOUND';
}

/** A signal that the deployment cannot take in the state it is in. */
export class SignalRefusedError extends SluiceError {
  readonly code = 'SIGNAL_REFUSED';
}

/** An operation on a target, router or hook failed. `retryable: false` says that trying again is no use. */
export class OperationError extends SluiceError {
  readonly code = 'OPERATION';
  readonly evidence: Evidence;
  readonly retryable: boolean;
  constructor(
    message: string,
    options: SluiceErrorOptions & { readonly evidence?: Evidence; readonly retryable?: boolean } = {},
  ) {
    super(message, options);
    this.evidence = options.evidence ?? {};
    this.retryable = options.retryable ?? true;
  }
}

/** The place that an operation is about cannot be reached, and nothing was done there. */
export class UnreachableError<Seen = unknown> extends OperationError {
  /** Of a look at several targets: why, for each that could not be looked at. */
  readonly unreachable: ReadonlyMap<string, OperationError>;
  /** Of such a look: what was seen on the others. */
  readonly seen: readonly Seen[];
  constructor(
    message: string,
    options: ConstructorParameters<typeof OperationError>[1] & {
      readonly unreachable?: ReadonlyMap<string, OperationError>;
      readonly seen?: readonly Seen[];
    } = {},
  ) {
    super(message, options);
    this.unreachable = options.unreachable ?? new Map();
    this.seen = options.seen ?? [];
  }
}

/** The supervisor of local processes cannot be reached or started. */
export class SupervisorError extends SluiceError {
  readonly code = 'SUPERVISOR';
}

/** The message of anything that was thrown; never throws itself, whatever that is. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'something was thrown that cannot be put into words';
  }
}
