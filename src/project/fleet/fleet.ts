/**
 * What a service runs on, as its config says: the targets, the platform and the router, and all that differs
 * with them. One folder entry a platform; everything above this line treats them alike.
 */
import type { LeaseStamp } from '../../domain/operation.ts';
import type { Capabilities } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import type { OperationError } from '../../errors.ts';
import type { Instance, LookContext, Platform } from '../../platforms/platform.ts';
import type { Router } from '../../routers/router.ts';
import type { Finding } from '../finding.ts';

export interface Fleet extends AsyncDisposable {
  readonly platform: Platform;
  /** `null` where nothing of Sluice's divides the traffic. */
  readonly router: Router | null;
  /** What the config wants, in its order. */
  readonly targets: readonly string[];
  /** But `checked` and `probed`, which are a matter of the checks. */
  readonly can: Pick<Capabilities, 'beside' | 'routed' | 'staged'>;
  /** Where people reach the service. */
  readonly url: string;

  /** The release that the service's folder is now. Throws `InvalidInputError`, `OperationError`. */
  makeRelease(version: string, folder: string): Promise<Release>;

  /**
   * Everything of the service that runs now, by looking.
   * @param audit also whether what is there is as it was left; default: not asked
   */
  look(former: FormerTargets, context: LookContext, audit?: AuditKind): Promise<Look>;

  /**
   * Makes the service reachable as the config says; nothing happens where it is already.
   * @param lease of whoever deploys the service now: from then on what is asked for under an older one is refused
   * @throws OperationError when that cannot be
   */
  openRoute(lease?: LeaseStamp): Promise<void>;

  /** What is wrong with how people reach the service, in words; `null` when nothing is. */
  routeDrift(): Promise<string | null>;

  /** The files of a release: something that tells contents apart, by path; `null` where that is not kept. */
  contentsOf(release: Release): Promise<Map<string, string> | null>;

  /** The last lines of a log, oldest first. */
  logTail(log: InstanceLog, lines: number): Promise<string[]>;
  /** The lines of a log as they are written, until the signal; `lines` of the past come first. */
  followLog(log: InstanceLog, options: FollowOptions): AsyncGenerator<string, void, void>;

  /** Runs a command beside the release that a target has; `null` where a target is no machine of its own. */
  readonly exec: RunOnTarget | null;

  /** Stops everything of the service. Resolves with whether there was anything. */
  stop(former: FormerTargets, lease: LeaseStamp): Promise<boolean>;

  /** A deployment has ended: whoever comes next need not wait. Sees to its own failures. */
  leave(lease: LeaseStamp): Promise<void>;

  /** Looks at everything that a deployment of the folder needs of it. */
  findings(folder: string): Promise<Finding[]>;
}

/** Targets of the last good deployment that the config does not have any more: something may be left there. */
export type FormerTargets = () => Promise<readonly string[]>;

/** What was seen. */
export interface Look {
  readonly instances: readonly Instance[];
  /** Targets that could not be looked at, and why. */
  readonly unreachable: ReadonlyMap<string, Error>;
  /** What is not there as it was left, a sentence each; empty also where nobody asked, or nobody can tell. */
  readonly differences: readonly string[];
}

/** How files are compared with what they were: by when they were written, or by reading all of them. */
export type AuditKind = 'by time' | 'by content';

/**
 * Runs a program with its arguments in the folder of the release that a target has, with the environment of the service.
 * @throws OperationError when it could not be run, or nobody knows how it ended; the signal's reason, and then it was killed
 */
export type RunOnTarget = (
  target: string,
  argv: readonly string[],
  signal: AbortSignal,
) => Promise<ExecResult>;

export interface ExecResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Which log. */
export interface InstanceLog {
  readonly target: string;
  /** Release id. */
  readonly release: string;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly lines?: number;
  /** Called when the log cannot be read any more, while it is tried again, and with `null` when it can be. */
  readonly onTrouble?: (trouble: OperationError | null) => void;
}

/** What a fleet is made of. */
export interface FleetPlace {
  /** The folder of the config: paths in it start there. */
  readonly dir: string;
  /** The state folder of the environment. */
  readonly stateDir: string;
  /** Names the journal, see `Journal.identity`. */
  identity(): Promise<string>;
  /** Who is at the keyboard. */
  readonly who: string;
}
