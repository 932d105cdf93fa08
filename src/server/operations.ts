/**
 * What the server can do, without a word of HTTP: the routes call it, `Controller` carries it out. The answers are the
 * domain's own types, so that the command line, the dashboard and a program read the same.
 *
 * Everything rejects with the errors of `errors.ts`; the routes turn those into problem details.
 */
import type { Account } from '../domain/account.ts';
import type { DeploymentOutcome, SignalName } from '../domain/event.ts';
import type { GateStanding } from '../domain/gate.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlanPreview } from '../domain/preview.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import type { LeaseKey, ListFilter, StoredEvent } from '../journal/journal.ts';
import type { Comparison } from '../project/compare-deployments.ts';
import type { Finding } from '../project/finding.ts';
import type { Orphan } from '../project/orphans.ts';
import type { ServiceStatus } from '../project/service-status.ts';

/** A service in an environment, as the fleet page shows it. */
export interface ServiceView extends LeaseKey {
  /** The last look; `null` before the first one. */
  readonly status: ServiceStatus | null;
  /** When that was, milliseconds since the epoch. */
  readonly lookedAt: number | null;
  /** Why the newest look failed; `null` when it did not. */
  readonly fault: string | null;
  /** What needs a person, a sentence each: a gate, a pause, drift, nobody at the wheel. */
  readonly needs: readonly string[];
}

export interface FleetView {
  readonly environments: readonly string[];
  readonly services: readonly ServiceView[];
  readonly orphans: readonly Orphan[];
}

/** What can be asked of a deployment with one click. */
export type ActionName = SignalName | 'rollback';

export interface DeploymentView {
  readonly summary: DeploymentSummary;
  readonly plan: Plan;
  readonly preview: PlanPreview;
  readonly account: Account;
  /** How the gate stands at which it is; `null` when it stands at none. */
  readonly gate: GateStanding | null;
  /** A controller looks after it. */
  readonly attended: boolean;
  readonly url: string;
  /** Why each cannot be done now; `null` for what can. What a role forbids is not in it. */
  readonly refused: Readonly<Record<ActionName, string | null>>;
}

export interface PlanView {
  readonly plan: Plan;
  readonly preview: PlanPreview;
  /** What the last few like it took; `null` when there were none. */
  readonly estimateMs: number | null;
  /** It changes nothing: everything runs this release already, and well. */
  readonly nothing: boolean;
}

/** A release that completed once, and whether it can still be gone back to. */
export interface ReleaseView {
  readonly release: string;
  readonly version: string;
  /** The deployment that brought it last. */
  readonly deployment: string;
  readonly endedAt: number;
  /** Why it cannot be rolled back to; `null` when it can. */
  readonly refused: string | null;
}

export interface DeployRequest extends LeaseKey {
  /** Default: worked out as `sluice deploy` does. */
  readonly version?: string;
}

export interface RollbackRequest extends LeaseKey {
  /** A version or release id. Default: the last good one before what runs. */
  readonly version?: string;
}

export interface SignalRequest {
  readonly signal: SignalName;
  readonly reason?: string;
  /** Of `promote`. */
  readonly full?: boolean;
  /** At least 4 characters of the digest of the plan that the person saw. */
  readonly plan?: string;
}

export interface SignalResult {
  readonly deployment: string;
  readonly signal: SignalName;
  /** False: the controller has not taken it yet, and it stays in the journal; or see `outcome`. */
  readonly received: boolean;
  readonly by: string;
  /** Digest of the plan that the deployment executes. */
  readonly plan: string;
  readonly gate: GateStanding | null;
  /** How it has ended, where that was what they want already: nothing was left to do. */
  readonly outcome?: DeploymentOutcome;
}

/** A deployment that was begun; it goes on by itself. */
export interface Begun {
  readonly deployment: string;
}

/** Nothing to do: everything is as asked. */
export interface Unchanged {
  readonly deployment: null;
  readonly plan: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** For the next page; `null` on the last. */
  readonly cursor: string | null;
}

export interface LogLine {
  readonly target: string;
  readonly release: string;
  readonly line: string;
}

/** What has changed, for whoever shows lists: the rows to show anew. */
export type Change =
  | { readonly kind: 'deployment'; readonly summary: DeploymentSummary }
  | { readonly kind: 'service'; readonly service: ServiceView };

export interface Operations {
  /** Of the config: what there is to deploy, and where. */
  services(): readonly LeaseKey[];
  /** From the last looks; asks for new ones where they are older than a few seconds. Never waits for a host. */
  fleet(environment?: string): Promise<FleetView>;
  /** Looks now. @param verify compares every file */
  status(key: LeaseKey, verify: boolean, signal: AbortSignal): Promise<ServiceStatus>;
  /** Newest first. @param cursor of the page before */
  deployments(filter: ListFilter, cursor?: string): Promise<Page<DeploymentSummary>>;
  /** @param by who looks: what a gate allows only to others is refused. Default: what it allows to anybody is not */
  deployment(id: string, by?: string): Promise<DeploymentView>;
  events(id: string, after: number, limit: number): Promise<StoredEvent[]>;
  /**
   * Every event after `after`, then each as it is appended, by whichever process; ends after the last event of the
   * deployment, or when `signal` is aborted.
   */
  follow(id: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]>;
  /** What changes from now on, until `signal` is aborted. */
  changes(signal: AbortSignal): AsyncIterable<Change>;
  /** Makes a plan and keeps it under its digest. */
  plan(request: DeployRequest & { readonly rollback?: boolean }): Promise<PlanView>;
  /** A kept plan, by its digest or an unambiguous beginning. Rejects with `InvalidInputError`. */
  savedPlan(digest: string): Promise<PlanView>;
  /** Executes a kept plan. */
  apply(digest: string, by: string): Promise<Begun | Unchanged>;
  deploy(request: DeployRequest, by: string): Promise<Begun | Unchanged>;
  rollback(request: RollbackRequest, by: string): Promise<Begun | Unchanged>;
  /** Puts right what is not as the last good deployment left it. */
  reconcile(key: LeaseKey, by: string): Promise<Begun | Unchanged>;
  /** Takes up a deployment that nobody looks after. */
  resume(id: string, by: string): Promise<Begun>;
  signal(id: string, request: SignalRequest, by: string): Promise<SignalResult>;
  /** Stops everything of the service. Resolves with whether there was anything. */
  stop(key: LeaseKey, by: string): Promise<boolean>;
  compare(from: string, to: string): Promise<Comparison>;
  releases(key: LeaseKey): Promise<readonly ReleaseView[]>;
  /** The last lines of each target that is meant, oldest first. @param target default: all */
  logs(key: LeaseKey, lines: number, target?: string): Promise<readonly LogLine[]>;
  /** The last lines and what follows, until `signal` is aborted. */
  followLogs(
    key: LeaseKey,
    lines: number,
    target: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<LogLine>;
  doctor(key: LeaseKey): Promise<readonly Finding[]>;
}
