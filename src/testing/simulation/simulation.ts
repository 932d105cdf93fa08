/**
 * One simulated deployment: the real engine, on virtual time, in a simulated world, with whatever its
 * scenario puts in its way. Everything that was found wrong is a violation; nothing throws.
 */
import type { Signal } from '../../domain/event.ts';
import { gateOf } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { currentReleases } from '../../engine/observe-fleet.ts';
import {
  FencedError,
  InvalidPlanStateError,
  JournalError,
  LeaseHeldError,
  messageOf,
  OperationError,
} from '../../errors.ts';
import { Controller, type Ending } from './controller.ts';
import { CrashingEffects } from './crashing-effects.ts';
import { NEXT_RELEASE, nextPlan } from './next-plan.ts';
import { PEOPLE } from './people.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedFleet } from './simulated-fleet.ts';
import { instanceOf } from './simulated-platform.ts';
import type { Story } from './story.ts';
import { Troublemaker } from './troublemaker.ts';
import { WatchedJournal } from './watched-journal.ts';
import { Witness } from './witness.ts';

/** No deployment of a simulation may take longer. Virtual milliseconds. */
const LIMIT_MS = 60 * 60_000;
/** How long stragglers are watched after the end. */
const AFTERMATH_MS = 30_000;
/** The longest until somebody goes on where a controller was killed. */
const LONGEST_ABSENCE_MS = 12_000;
/** How long a controller that was refused waits until it tries again. */
const TRY_AGAIN_MS = 1_000;
/** How long an attentive person takes to approve a gate. */
const ANSWER_MS = 300;

export class Simulation {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #fleet: SimulatedFleet;
  readonly #witness: Witness;
  readonly #effects: CrashingEffects;
  readonly #journal: WatchedJournal;
  readonly #trouble: Troublemaker;
  readonly #controllers: Controller[] = [];
  /** As the engine returned it. */
  #end: DeploymentState | null = null;

  constructor(scenario: Scenario) {
    const { seed, plan, trouble, startUpMs, longestCallMs } = scenario;
    this.#scenario = scenario;
    this.#random = new Random(seed).fork('run');
    this.#fleet = new SimulatedFleet({
      capabilities: plan.capabilities,
      running: plan.targets,
      startUpMs,
      longestCallMs,
      calls: trouble.calls,
      sicknesses: trouble.sicknesses,
      seed,
    });
    this.#witness = new Witness(this.#fleet);
    this.#effects = new CrashingEffects(this.#witness, trouble.crashes, (name) => this.#trouble.kill(name));
    this.#journal = new WatchedJournal(trouble.crashes, {
      onEvents: (events, state, summary) => {
        this.#witness.noteEvents(events, state, summary);
        this.#answerGate(state);
      },
      onHolder: (holder) => this.#witness.noteHolder(holder),
      onCrash: (holder) => this.#trouble.kill(holder),
    });
    this.#trouble = new Troublemaker(this.#fleet, this.#witness, this.#journal, {
      named: (name) => this.#controllers.find((controller) => controller.name === name),
      start: (kind, what) => this.#start(kind, what),
    });
  }

  /** Runs it to its end, and then the next deployment of the same service. */
  async run(): Promise<Story> {
    const { seed, trouble } = this.#scenario;
    const { clock, faults } = this.#fleet;
    this.#trouble.begin(trouble);
    void this.#supervise();
    const ended = await clock.runUntil(() => this.#end !== null, LIMIT_MS);
    const tookMs = clock.elapsed();
    if (!ended) this.#witness.violate(6, 'every deployment ends', `it has not after ${LIMIT_MS} ms`);
    const outcome = this.#end?.outcome ?? null;
    if (this.#end !== null) {
      await clock.advance(AFTERMATH_MS);
      this.#witness.judgeEnd(this.#end, trouble.person === 'attentive');
    }
    const end = this.#end === null ? null : this.#whatRuns();
    if (ended) await this.#deployNext();
    const { violations, lines } = this.#witness;
    const { appends } = this.#journal;
    const { effects } = this.#effects;
    return {
      seed,
      scenario: this.#scenario,
      outcome,
      violations,
      faults: faults.tally,
      lines,
      tookMs,
      appends,
      effects,
      end,
    };
  }

  /** Sees to it that some controller acts until the deployment has ended. */
  async #supervise(): Promise<void> {
    while (this.#end === null) {
      const { state } = this.#witness;
      const ending = await this.#start('controller', (engine) =>
        state === null ? engine.execute(this.#scenario.plan, 'simulation') : engine.resume(state.id),
      );
      const isKilled = ending.how === 'killed';
      await this.#fleet.clock.sleep(isKilled ? this.#random.int(0, LONGEST_ABSENCE_MS) : TRY_AGAIN_MS);
    }
  }

  /** One controller's life. */
  async #start(kind: string, what: (engine: Engine) => Promise<DeploymentState>): Promise<Ending> {
    const controller = new Controller(`${kind}-${this.#controllers.length + 1}`, this.#fleet.clock);
    this.#controllers.push(controller);
    this.#witness.say(`${controller.name} starts`);
    const ports = this.#fleet.ports(this.#journal, controller, this.#effects);
    const ending = await controller.run(ports, what);
    if (ending.how === 'returned') this.#end ??= ending.state;
    if (ending.how === 'threw') this.#noteRefusal(controller, ending.error);
    return ending;
  }

  #noteRefusal({ name }: Controller, error: unknown): void {
    this.#witness.say(`${name} throws: ${messageOf(error)}`);
    // Before there is a deployment, a fleet that cannot be looked at is a reason not to begin.
    if (this.#witness.state === null && error instanceof OperationError) return;
    if (REFUSALS.some((refusal) => error instanceof refusal)) return;
    const wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#witness.violate(5, 'who may not act is refused or fenced', wrong);
  }

  /** What attentive people do at a gate: as many as it asks say yes, one after the other. */
  #answerGate(state: DeploymentState): void {
    if (this.#scenario.trouble.person !== 'attentive' || state.phase === 'ended' || state.paused !== null)
      return;
    const gate = gateOf(state);
    if (gate === null) return;
    const { clock } = this.#fleet;
    const people = (gate.approvers ?? PEOPLE).slice(0, gate.needed);
    for (const [index, by] of people.entries()) {
      clock.schedule(ANSWER_MS * (index + 1), () => {
        const now = this.#witness.state;
        const stands = now?.position === state.position ? gateOf(now) : null;
        if (stands === null || stands.approvals.some((approval) => approval.by === by)) return;
        const signal: Signal = { signal: 'approve', by, digest: state.plan.digest };
        void this.#journal.signal(state.id, signal, clock.now());
      });
    }
  }

  /** Whatever the end was, it is in nobody's way: the next deployment completes, and leaves nothing behind. */
  async #deployNext(): Promise<void> {
    const { clock, world, faults } = this.#fleet;
    const says = 'whatever the end was, the next deployment finds its way';
    faults.rest();
    this.#fleet.away.clear();
    this.#journal.rest();
    this.#effects.rest();
    this.#witness.turnPage();
    this.#end = null;
    const running = currentReleases([...world.instances].map(instanceOf), NEXT_RELEASE.id);
    const plan = nextPlan(this.#scenario.plan, running, clock.now());
    const next = this.#start('next', (engine) => engine.execute(plan, 'simulation'));
    await clock.runUntil(() => this.#end !== null, clock.elapsed() + LIMIT_MS);
    if (this.#end === null) return this.#witness.violate(4, says, 'it has not ended');
    const { how } = await next;
    const { outcome, cause } = this.#end as DeploymentState;
    if (outcome !== 'completed') this.#witness.violate(4, says, `${how}, ${outcome}: ${cause?.message}`);
    const left = [...world.instances].filter((one) => one.release !== NEXT_RELEASE.id);
    for (const { release, target } of left) this.#witness.violate(4, says, `${target} still has ${release}`);
  }

  #whatRuns(): readonly string[] {
    const { world } = this.#fleet;
    return [...world.instances]
      .map((one) => {
        const traffic = world.getsTraffic(one) ? 'with traffic' : 'without traffic';
        return `${one.target} runs ${one.release}, ${one.state}, ${traffic}`;
      })
      .toSorted();
  }
}

const REFUSALS = [LeaseHeldError, FencedError, InvalidPlanStateError, JournalError];
