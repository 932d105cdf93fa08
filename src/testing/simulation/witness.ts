/**
 * The witness of a simulation: writes down everything that happens, to the journal and to the world, and
 * holds it against the invariants as it happens and once it has ended.
 */
import type { DeploymentEvent, Signal } from '../../domain/event.ts';
import { evolve, fold } from '../../domain/evolve.ts';
import type { Plan } from '../../domain/plan.ts';
import { previewPlan } from '../../domain/preview.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Effect, EffectCall, EffectRecorder } from './effects.ts';
import type { Invariant } from './invariants.ts';
import { PROMISES } from './promises/all.ts';
import type { SimulatedFleet } from './simulated-fleet.ts';
import type { Census } from './simulated-instance.ts';
import { StepWatch } from './step-watch.ts';
import type { StoryLine } from './story.ts';
import type { World } from './world.ts';

export class Witness implements EffectRecorder {
  readonly #fleet: SimulatedFleet;
  readonly #lines: StoryLine[] = [];
  readonly #violations = new Set<string>();
  readonly #events: DeploymentEvent[] = [];
  /** Ids of targets whose operation under way was begun by a controller that is gone. */
  readonly #recovering = new Set<string>();
  #watch = new StepWatch();
  #first: Census;
  #fewestServing: number;
  #mostDoubled = 0;
  #state: DeploymentState | null = null;
  #holder: string | null = null;
  #aborted = false;
  /** When somebody first asked for an abort. */
  #abortAskedAt: number | null = null;
  /** Faults that had struck when the rollback began. */
  #struckBefore: number | null = null;

  constructor(fleet: SimulatedFleet) {
    this.#fleet = fleet;
    this.#first = fleet.world.census();
    this.#fewestServing = this.#first.serving;
  }

  get lines(): readonly StoryLine[] {
    return this.#lines;
  }

  get violations(): readonly string[] {
    return [...this.#violations];
  }

  /** The deployment as the journal has it; `null` before there is one. */
  get state(): DeploymentState | null {
    return this.#state;
  }

  /** Who holds the lease, expired or not. */
  get holder(): string | null {
    return this.#holder;
  }

  say(what: StoryLine['what']): void {
    this.#lines.push({ at: this.#fleet.clock.elapsed(), what });
  }

  violate(promise: number, says: string, wrong: string): void {
    const line = `promise ${promise}, ${says}: ${wrong}`;
    if (this.#violations.has(line)) return;
    this.#violations.add(line);
    this.say(`VIOLATED: ${line}`);
  }

  /** Forgets the deployment that has ended, and is ready for the next one. */
  turnPage(): void {
    this.#events.length = 0;
    this.#recovering.clear();
    this.#watch = new StepWatch();
    this.#first = this.#fleet.world.census();
    this.#fewestServing = this.#first.serving;
    this.#mostDoubled = 0;
    this.#state = null;
    this.#aborted = false;
    this.#abortAskedAt = null;
    this.#struckBefore = null;
  }

  noteSignal({ signal, by }: Signal): void {
    this.say(`${by} sends ${signal}`);
    if (signal === 'abort') this.#abortAskedAt ??= this.#fleet.clock.elapsed();
  }

  noteHolder(holder: string | null): void {
    this.#holder = holder;
  }

  noteEvents(events: readonly DeploymentEvent[], state: DeploymentState, summary: DeploymentSummary): void {
    if (this.#state !== null && this.#state.id !== state.id) {
      this.violate(
        5,
        'there is one deployment at a time',
        `${state.id} began before ${this.#state.id} ended`,
      );
      return;
    }
    let before = this.#state;
    this.#state = state;
    for (const event of events) {
      this.#noteEvent(event, state.plan);
      if (before !== null) before = this.#judgeEvent(event, before);
    }
    this.#judge(({ ofState }) => ofState?.(state, summary));
  }

  #judgeEvent(event: DeploymentEvent, before: DeploymentState): DeploymentState {
    const { world, faults, clock } = this.#fleet;
    const after = evolve(before, event);
    // The same goes for whoever goes on after a pause.
    if (before.paused !== null && after.paused === null) world.grantNothing();
    const isLate = faults.tally.has('controller frozen');
    const abortAskedMs = this.#abortAskedAt === null ? null : clock.elapsed() - this.#abortAskedAt;
    const happening = { event, before, after, watch: this.#watch, world, abortAskedMs, isLate };
    this.#judge(({ ofEvent }) => ofEvent?.(happening));
    this.#watch.note(event, before, after, world);
    return after;
  }

  #judge(ask: (invariant: Invariant) => string | null | undefined): void {
    for (const { number, invariants } of PROMISES) {
      for (const invariant of invariants) {
        const wrong = ask(invariant) ?? null;
        if (wrong !== null) this.violate(number, invariant.says, wrong);
      }
    }
  }

  #noteEvent(event: DeploymentEvent, plan: Plan): void {
    this.#events.push(event);
    this.say({ event, plan });
    // Whoever takes over is to look at what became of the fleet meanwhile.
    if (event.type === 'controller-changed') this.#fleet.world.grantNothing();
    // What was seen to be unhealthy then does not count as lost by our doing.
    if (event.type === 'deployment-started') this.#first = this.#fleet.world.census();
    if (event.type === 'signal-received') {
      this.#aborted ||= event.signal.signal === 'abort' && event.refused === undefined;
    } else if (event.type === 'rollback-started') {
      this.#struckBefore = this.#fleet.faults.struck;
    } else if (event.type === 'operations-started') {
      for (const { target, recover } of event.intents) {
        const id = plan.targets[target ?? -1]?.id ?? '';
        if (recover) this.#recovering.add(id);
        else this.#recovering.delete(id);
      }
    }
  }

  begin(call: EffectCall): (work: (world: World) => void) => void {
    const { world, clock } = this.#fleet;
    const state = this.#state;
    if (state === null) throw new Error(`${call.by} acts before there is a deployment`);
    const known = {
      ...call,
      state,
      aborted: this.#aborted,
      abortAskedMs: this.#abortAskedAt === null ? null : clock.elapsed() - this.#abortAskedAt,
      recovers: this.#recovering.has(call.target ?? ''),
      holder: this.#holder,
    };
    return (work) => {
      const before = world.census(call.by);
      const cutsTraffic = endsWhatServes(call, world);
      const letsInEarly = letsIn(call, world, clock.elapsed());
      const runs = releasesOn(call.target, world);
      work(world);
      this.#noteEffect({
        ...known,
        at: clock.elapsed(),
        latest: this.#state ?? known.state,
        before,
        cutsTraffic,
        letsInEarly,
        runs,
        after: world.census(call.by),
      });
    };
  }

  #noteEffect(effect: Effect): void {
    this.#fewestServing = Math.min(this.#fewestServing, effect.after.serving);
    this.#mostDoubled = Math.max(this.#mostDoubled, effect.after.doubled);
    const sentence = sentenceOf(effect);
    this.say(sentence);
    this.#judge(({ ofEffect }) => {
      const wrong = ofEffect?.(effect, effect.state, this.#first) ?? null;
      return wrong === null ? null : `${sentence}: ${wrong}`;
    });
  }

  #onlyStrike(): string | null {
    const { tally, struck } = this.#fleet.faults;
    const [only] = tally.keys();
    const isOne = tally.size === 1 && struck === 1 && this.#fleet.sicknesses.length === 0;
    return isOne && only !== undefined ? only : null;
  }

  /**
   * Judges the deployment once it has ended.
   * @param state as the engine returned it
   * @param isCalm nobody but the plan had a say
   */
  judgeEnd(state: DeploymentState, isCalm: boolean): void {
    const { world, faults, sicknesses } = this.#fleet;
    const isBlocked = previewPlan(state.plan).blocked !== null;
    const ended = {
      state,
      world,
      folded: fold(state.id, this.#events),
      first: this.#first,
      events: this.#events,
      aborted: this.#aborted,
      fewestServing: this.#fewestServing,
      mostDoubled: this.#mostDoubled,
      isCalm: isCalm && faults.tally.size === 0 && !isBlocked,
      onlyStrike: isCalm && !isBlocked ? this.#onlyStrike() : null,
      isRollbackCalm:
        this.#struckBefore === faults.struck &&
        sicknesses.every((sickness) => sickness.release === state.plan.release.id),
    };
    this.#judge(({ atEnd }) => atEnd?.(ended));
  }
}

/** Whether the call sends traffic to an instance that is still starting. */
function letsIn({ call, target, release }: EffectCall, world: World, now: number): boolean {
  if (call !== 'admit') return false;
  const instance = world.instance(target ?? '', release ?? '');
  return instance !== undefined && instance.healthyAt > now;
}

function releasesOn(target: string | null, world: World): string[] {
  return [...world.instances].filter((one) => one.target === target).map((one) => one.release);
}

/** Whether the call ends an instance that gets traffic: stops it, or replaces it where only one can run. */
function endsWhatServes({ call, target, release }: EffectCall, world: World): boolean {
  if (call !== 'stop' && call !== 'activate') return false;
  for (const instance of world.instances) {
    if (instance.target !== target || instance.state !== 'running') continue;
    const isEnded = call === 'stop' ? instance.release === release : world.replaces(instance, release);
    if (isEnded && world.getsTraffic(instance)) return true;
  }
  return false;
}

function sentenceOf({ by, call, target, release, percent }: Effect): string {
  const what = release === null ? '' : ` ${release}`;
  const where = target === null ? '' : ` on ${target}`;
  const share = percent === undefined ? '' : ` to ${percent} %`;
  return `${by}: ${call}${what}${where}${share}`;
}
