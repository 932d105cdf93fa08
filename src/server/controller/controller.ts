/**
 * The controller of the server: carries out what the routes ask for, on one project, in this process. Deployments run
 * here with the engine as they do for the command line, under leases in the same journal, so that both can be used
 * together: whoever begins one, everybody can follow and signal it.
 *
 * `Commands` changes things, `Runs` has what runs here, `TakeUp` finds what nobody looks after, `EventFeeds` and
 * `Changes` tell what happens, `FleetWatch` looks at the services.
 */
import { setMaxListeners } from 'node:events';
import type { Plan } from '../../domain/plan.ts';
import { previewPlan } from '../../domain/preview.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Journal, LeaseKey, ListFilter, StoredEvent } from '../../journal/journal.ts';
import type { Comparison } from '../../project/compare-deployments.ts';
import { compareIn } from '../../project/compare-in.ts';
import { lookAtService, lookAtState } from '../../project/doctor.ts';
import { type Finding, finding } from '../../project/finding.ts';
import type { Project } from '../../project/project.ts';
import { releaseFor } from '../../project/release-for.ts';
import { planRollback } from '../../project/rollback-plan.ts';
import { savedPlan } from '../../project/saved-plan.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { type ServiceStatus, statusOf } from '../../project/service-status.ts';
import { changesNothing } from '../../project/unchanged.ts';
import { isAttended } from '../../project/unfinished.ts';
import { LinkedAbort } from '../linked-abort.ts';
import { Notifier } from '../notifications/notifier.ts';
import type {
  Begun,
  Change,
  DeploymentView,
  DeployRequest,
  FleetView,
  LogLine,
  Operations,
  Page,
  PlanView,
  ReleaseView,
  RollbackRequest,
  SignalRequest,
  SignalResult,
  Unchanged,
} from '../operations.ts';
import { Tracing } from '../tracing/tracing.ts';
import { Accounts } from './accounts.ts';
import { Changes } from './changes.ts';
import { Commands } from './commands.ts';
import { Deployers } from './deployers.ts';
import { type ViewParts, viewDeployment } from './deployment-view.ts';
import { EventFeeds } from './event-feeds.ts';
import { FleetWatch } from './fleet-watch.ts';
import { streamLogs, tailLogs } from './log-stream.ts';
import { pageOf } from './pages.ts';
import { viewReleases } from './release-views.ts';
import { Runs } from './runs.ts';
import { TakeUp } from './take-up.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The deployments that run here have this long to be let go when the server stops. */
const LEAVE_WITHIN_MS = 10_000;

export interface ControllerOptions {
  /** A line for whoever runs the server, such as a deployment that stays in the middle. Default: to stderr. */
  readonly log?: (line: string) => void;
  /** Of this package. Default: none is told. */
  readonly version?: string;
}

export class Controller implements Operations, AsyncDisposable {
  readonly #project: Project;
  readonly #journal: Journal;
  readonly #accounts: Accounts;
  readonly #deployers: Deployers;
  readonly #views: ViewParts;
  readonly #runs: Runs;
  readonly #takeUp: TakeUp;
  readonly #commands: Commands;
  readonly #feeds: EventFeeds;
  readonly #changes: Changes;
  readonly #fleet: FleetWatch;
  #notifier: Notifier | null = null;
  #tracing: Tracing | null = null;
  /** Ends whatever is followed. */
  readonly #closing = new AbortController();

  /**
   * Takes up what nobody looks after, and looks at every service; waits for neither to end. The project stays its
   * owner's.
   * @throws InvalidInputError when the environment lacks what `notifications` of the config name, JournalError
   */
  static async open(project: Project, options: ControllerOptions = {}): Promise<Controller> {
    const { log = (line) => process.stderr.write(`${line}\n`), version = '' } = options;
    const controller = new Controller(project, log);
    try {
      await controller.#open(log, version);
      return controller;
    } catch (error) {
      await controller[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(project: Project, log: (line: string) => void) {
    const { journal } = project;
    // One listener a follower.
    setMaxListeners(0, this.#closing.signal);
    this.#project = project;
    this.#journal = journal;
    this.#accounts = new Accounts(journal);
    this.#deployers = new Deployers(project);
    this.#runs = new Runs(journal, log);
    this.#views = { journal, accounts: this.#accounts, deployers: this.#deployers };
    this.#takeUp = new TakeUp(this.#views, this.#runs, log);
    this.#commands = new Commands(project, this.#deployers, this.#runs);
    this.#feeds = new EventFeeds(journal);
    this.#changes = new Changes(journal, log, (summary) => {
      this.#fleet.deploymentChanged(summary);
      this.#notifier?.deploymentChanged(summary.id);
      this.#tracing?.deploymentChanged(summary.id);
    });
    this.#fleet = new FleetWatch({
      journal,
      stateOf: async (id) => (await this.#accounts.of(id)).state,
      deployers: this.#deployers,
      place: project,
      isWatched: () => this.#changes.followers > 0,
      onView: (service) => this.#changes.tell({ kind: 'service', service }),
      log,
    });
  }

  async #open(log: (line: string) => void, version: string): Promise<void> {
    const { journal, stateDir, config } = this.#project;
    await this.#changes.open();
    this.#notifier = await Notifier.open({ journal, stateDir, notifications: config.notifications, log });
    this.#tracing = await Tracing.open({ journal, stateDir, version, log });
    this.#fleet.open();
    await this.#takeUp.begin();
  }

  /** Leaves the deployments that run here as they are, and gives their leases back, within ten seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#takeUp.close();
    this.#fleet.close();
    await this.#runs.leave(LEAVE_WITHIN_MS);
    await Promise.all([this.#notifier?.[Symbol.asyncDispose](), this.#tracing?.[Symbol.asyncDispose]()]);
    this.#changes.close();
    this.#closing.abort();
  }

  /** Ids of the deployments that run in this process. */
  get running(): readonly string[] {
    return this.#runs.ids;
  }

  services(): readonly LeaseKey[] {
    return this.#deployers.keys;
  }

  async fleet(environment?: string): Promise<FleetView> {
    this.#fleet.ask();
    return {
      environments: Object.keys(this.#project.config.environments),
      services: this.#fleet.views(environment),
      orphans: this.#fleet.orphans(environment),
    };
  }

  async status(key: LeaseKey, verify: boolean, signal: AbortSignal): Promise<ServiceStatus> {
    const deployer = await this.#deployers.of(key);
    const audit = verify ? 'by content' : 'by time';
    const attended = () => isAttended(this.#journal, deployer.key);
    const status = await unlessAborted(signal, statusOf(deployer, this.#journal, attended, { audit }));
    this.#fleet.keep(status);
    return status;
  }

  deployments(filter: ListFilter, cursor?: string): Promise<Page<DeploymentSummary>> {
    return pageOf(this.#journal, filter, cursor);
  }

  deployment(id: string, by?: string): Promise<DeploymentView> {
    return viewDeployment(this.#views, id, by);
  }

  events(id: string, after: number, limit: number): Promise<StoredEvent[]> {
    return this.#journal.read(id, after, limit);
  }

  follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[], void, void> {
    const linked = new LinkedAbort(signal, this.#closing.signal);
    return disposing(linked, this.#feeds.follow(id, after, linked.signal));
  }

  changes(signal: AbortSignal): AsyncGenerator<Change, void, void> {
    this.#fleet.ask();
    const linked = new LinkedAbort(signal, this.#closing.signal);
    return disposing(linked, this.#changes.follow(linked.signal));
  }

  async plan({
    version,
    rollback = false,
    ...key
  }: DeployRequest & { readonly rollback?: boolean }): Promise<PlanView> {
    const deployer = await this.#deployers.of(key);
    const plan = rollback
      ? await planRollback(deployer, version)
      : await deployer.plan(await releaseFor(deployer, version));
    await this.#journal.savePlan(plan);
    return viewPlan(plan, deployer);
  }

  async savedPlan(digest: string): Promise<PlanView> {
    const plan = await savedPlan(this.#journal, digest);
    return viewPlan(plan, await this.#deployers.of(plan));
  }

  apply(digest: string, by: string): Promise<Begun | Unchanged> {
    return this.#commands.apply(digest, by);
  }

  deploy(request: DeployRequest, by: string): Promise<Begun | Unchanged> {
    return this.#commands.deploy(request, by);
  }

  rollback(request: RollbackRequest, by: string): Promise<Begun | Unchanged> {
    return this.#commands.rollback(request, by);
  }

  reconcile(key: LeaseKey, by: string): Promise<Begun | Unchanged> {
    return this.#commands.reconcile(key, by);
  }

  resume(id: string, _by: string): Promise<Begun> {
    return this.#commands.resume(id);
  }

  signal(id: string, request: SignalRequest, by: string): Promise<SignalResult> {
    return this.#commands.signal(id, request, by);
  }

  stop(key: LeaseKey, by: string): Promise<boolean> {
    return this.#commands.stop(key, by);
  }

  async compare(from: string, to: string): Promise<Comparison> {
    return compareIn(this.#project, await this.#journal.summary(from), await this.#journal.summary(to));
  }

  async releases(key: LeaseKey): Promise<readonly ReleaseView[]> {
    return viewReleases(this.#journal, await this.#deployers.of(key));
  }

  async logs(key: LeaseKey, lines: number, target?: string): Promise<readonly LogLine[]> {
    return tailLogs(this.#journal, await this.#deployers.of(key), lines, target);
  }

  async *followLogs(
    key: LeaseKey,
    lines: number,
    target: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine, void, void> {
    const deployer = await this.#deployers.of(key);
    using linked = new LinkedAbort(signal, this.#closing.signal);
    yield* streamLogs(this.#journal, deployer, lines, target, linked.signal);
  }

  async doctor(key: LeaseKey): Promise<readonly Finding[]> {
    const deployer = await this.#deployers.of(key);
    return [
      await finding('config', async () => this.#project.file),
      ...(await lookAtState(this.#project.stateDir)),
      ...(await lookAtService(deployer)),
    ];
  }
}

async function* disposing<T>(
  what: Disposable,
  values: AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  using _ = what;
  yield* values;
}

async function viewPlan(plan: Plan, deployer: ServiceDeployer): Promise<PlanView> {
  const [estimateMs, nothing] = await Promise.all([
    deployer.history.usualDurationMs(plan),
    changesNothing(plan, deployer),
  ]);
  return { plan, preview: previewPlan(plan), estimateMs, nothing };
}
