/** What changes something: begins deployments, goes on with them, signals them, stops services. */
import { systemClock } from '../../domain/clock.ts';
import { gateOf } from '../../domain/gate.ts';
import type { Plan } from '../../domain/plan.ts';
import { InvalidInputError, InvalidPlanStateError, LeaseHeldError } from '../../errors.ts';
import type { LeaseKey } from '../../journal/journal.ts';
import { giveSignal, type SignalGiven, untilReceived } from '../../project/give-signal.ts';
import { holding, leased } from '../../project/holding.ts';
import { orphansIn, stopOrphan } from '../../project/orphans.ts';
import type { Project } from '../../project/project.ts';
import { releaseFor } from '../../project/release-for.ts';
import { planRollback } from '../../project/rollback-plan.ts';
import { savedPlan } from '../../project/saved-plan.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { changesNothing } from '../../project/unchanged.ts';
import { isAttended } from '../../project/unfinished.ts';
import type {
  Begun,
  DeployRequest,
  RollbackRequest,
  SignalRequest,
  SignalResult,
  Unchanged,
} from '../operations.ts';
import type { Deployers } from './deployers.ts';
import { refuseBusy } from './refuse-busy.ts';
import type { Runs } from './runs.ts';

export class Commands {
  readonly #project: Project;
  readonly #deployers: Deployers;
  readonly #runs: Runs;

  constructor(project: Project, deployers: Deployers, runs: Runs) {
    this.#project = project;
    this.#deployers = deployers;
    this.#runs = runs;
  }

  async deploy({ version, ...key }: DeployRequest, by: string): Promise<Begun | Unchanged> {
    return this.#planAndExecute(key, by, async (deployer) =>
      deployer.plan(await releaseFor(deployer, version)),
    );
  }

  async rollback({ version, ...key }: RollbackRequest, by: string): Promise<Begun | Unchanged> {
    return this.#planAndExecute(key, by, (deployer) => planRollback(deployer, version));
  }

  async apply(digest: string, by: string): Promise<Begun | Unchanged> {
    const plan = await savedPlan(this.#project.journal, digest);
    return this.#planAndExecute(plan, by, async () => plan);
  }

  async reconcile(key: LeaseKey, by: string): Promise<Begun | Unchanged> {
    const deployer = await this.#deployers.of(key);
    await refuseBusy(this.#project.journal, deployer.key);
    const { plan } = await deployer.planReconcile();
    if (plan.steps.length === 0) return { deployment: null, plan: plan.digest };
    return this.#runs.begin(deployer, (options) => deployer.execute(plan, by, options));
  }

  async resume(id: string): Promise<Begun> {
    const { journal } = this.#project;
    const { phase, version, outcome, ...key } = await journal.summary(id);
    if (phase === 'ended') {
      throw new InvalidPlanStateError(`${id} (${version}) has ended: ${outcome}`, phase, null, {
        remedy: 'There is nothing to go on with.',
      });
    }
    const deployer = await this.#deployers.of(key);
    return this.#runs.begin(deployer, (options) => deployer.resume(id, options));
  }

  async signal(id: string, { signal: name, ...asked }: SignalRequest, by: string): Promise<SignalResult> {
    const { journal } = this.#project;
    if (name === 'resume' && (await this.#isAlone(id))) return this.#goOn(id, by);
    const given = await giveSignal(journal, id, { name, by, ...asked });
    if (given.is !== 'left') return resultOf(id, given);
    if (!(await isAttended(journal, await journal.summary(id)))) await this.#takeUp(id);
    return resultOf(id, await untilReceived(journal, id, given));
  }

  /** @param key of a service that is in the config, or of what still runs though it is not any more */
  async stop(key: LeaseKey, by: string): Promise<boolean> {
    const project = this.#project;
    if (this.#deployers.has(key)) {
      const deployer = await this.#deployers.of(key);
      return holding(project.journal, key, `stopping, for ${by}`, (lease) => deployer.stop(lease));
    }
    const { service, environment } = key;
    const orphans = await orphansIn(project, environment);
    if (!orphans.some((one) => one.service === service)) {
      throw new InvalidInputError(`there is no service ${JSON.stringify(service)} in ${environment}`, {
        remedy: `Known: ${project.config.services.join(', ')}.`,
      });
    }
    await leased(project.journal, key, `stopping, for ${by}`, (lease) =>
      stopOrphan(project, { service, environment }, project.journal, lease, by, systemClock.now()),
    );
    return true;
  }

  async #planAndExecute(
    key: LeaseKey,
    by: string,
    planFor: (deployer: ServiceDeployer) => Promise<Plan>,
  ): Promise<Begun | Unchanged> {
    const { journal } = this.#project;
    const deployer = await this.#deployers.of(key);
    await refuseBusy(journal, deployer.key);
    const plan = await planFor(deployer);
    if (!(await changesNothing(plan, deployer))) {
      return this.#runs.begin(deployer, (options) => deployer.execute(plan, by, options));
    }
    // The port and the hosts may have changed all the same: no release is needed for that.
    await holding(journal, deployer.key, 'opening its route', () => deployer.fleet.openRoute());
    return { deployment: null, plan: plan.digest };
  }

  /** It is not paused, but nobody looks after it: to resume it is to take it up, as on the command line. */
  async #isAlone(id: string): Promise<boolean> {
    const { journal } = this.#project;
    const summary = await journal.summary(id);
    return summary.phase !== 'paused' && summary.phase !== 'ended' && !(await isAttended(journal, summary));
  }

  async #goOn(id: string, by: string): Promise<SignalResult> {
    await this.resume(id);
    const { plan } = await this.#project.journal.summary(id);
    return { deployment: id, signal: 'resume', received: true, by, plan, gate: null };
  }

  async #takeUp(id: string): Promise<void> {
    try {
      await this.resume(id);
    } catch (error) {
      // Somebody else was quicker to go on with it, and obeys what is in its journal; or it has ended meanwhile.
      if (error instanceof LeaseHeldError || error instanceof InvalidPlanStateError) return;
      throw error;
    }
  }
}

function resultOf(id: string, given: SignalGiven): SignalResult {
  const { signal: name, by, digest: plan = '' } = given.signal;
  const result = { deployment: id, signal: name, by, plan };
  if (given.is === 'left') return { ...result, received: false, gate: null };
  const { state } = given;
  if (given.is === 'received') return { ...result, received: true, gate: gateOf(state) };
  const ended = state.outcome === null ? {} : { outcome: state.outcome };
  return { ...result, received: false, gate: null, ...ended };
}
