/**
 * The simulated world: what really runs, how it really is, and which way the traffic really goes. Platform,
 * router and check of a simulation are three views of it; what the engine believes is compared with it.
 */

import { OperationError } from '../../errors.ts';
import type { Backend, Split } from '../../routers/router.ts';
import type { Faults, Sickness } from './faults.ts';
import { type Census, heal, type SimulatedInstance } from './simulated-instance.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface WorldOptions {
  /** Two releases can run on one target. */
  readonly beside: boolean;
  readonly routed: boolean;
  /** A release must be staged before it can be activated. */
  readonly staged: boolean;
  /** It can be asked whether an instance is healthy; where nobody asks, what runs is as good as healthy. */
  readonly probed: boolean;
  readonly startUpMs: number;
  readonly sicknesses: readonly Sickness[];
}

export class World {
  readonly #clock: VirtualClock;
  readonly #faults: Faults;
  readonly #options: WorldOptions;
  readonly #instances = new Map<string, SimulatedInstance>();
  readonly #staged = new Set<string>();
  /** What ran on each target in the beginning. */
  readonly #first = new Map<string, string>();
  readonly #rebooted = new Set<string>();
  /** Targets that lost what served there, and nobody has looked since. */
  readonly #lost = new Set<string>();
  readonly #pool = new Map<string, Backend>();
  #split: Split | null = null;
  #lastPort = 10_000;

  constructor(clock: VirtualClock, faults: Faults, options: WorldOptions) {
    this.#clock = clock;
    this.#faults = faults;
    this.#options = options;
  }

  get instances(): Iterable<SimulatedInstance> {
    return this.#instances.values();
  }

  get pool(): Iterable<Backend> {
    return this.#pool.values();
  }

  get split(): Split | null {
    return this.#split;
  }

  instance(target: string, release: string): SimulatedInstance | undefined {
    return this.#instances.get(keyOf(target, release));
  }

  /** The instance that listens at this port. */
  at(port: number): SimulatedInstance | undefined {
    for (const instance of this.#instances.values()) if (instance.address.port === port) return instance;
    return undefined;
  }

  isAdmitted(target: string, release: string): boolean {
    return this.#pool.has(keyOf(target, release));
  }

  /** What serves from the beginning: staged, running, healthy, admitted. */
  settle(target: string, release: string): void {
    this.stage(target, release);
    this.#first.set(target, release);
    this.#start(target, release, true);
    if (this.#options.routed) this.admit(this.#backendOf(target, release), this.#split);
  }

  /** What was staged and is there still. */
  get copies(): { readonly target: string; readonly release: string }[] {
    return [...this.#staged].map((key) => {
      const [target, release] = key.split('\n') as [string, string];
      return { target, release };
    });
  }

  hasCopy(target: string, release: string): boolean {
    return this.#staged.has(keyOf(target, release));
  }

  stage(target: string, release: string): void {
    this.#staged.add(keyOf(target, release));
  }

  activate(target: string, release: string): void {
    if (this.instance(target, release)?.state === 'running') return;
    if (this.#options.staged && !this.#staged.has(keyOf(target, release))) {
      throw new OperationError(`${release} was never put on ${target}`);
    }
    if (!this.#options.beside) {
      for (const other of this.#on(target)) this.#instances.delete(keyOf(target, other.release));
    }
    this.#start(target, release, false);
  }

  stop(target: string, release: string): void {
    this.#instances.delete(keyOf(target, release));
  }

  prune(target: string, keep: readonly string[]): void {
    for (const key of this.#staged) {
      const [place, release] = key.split('\n') as [string, string];
      if (place === target && !keep.includes(release) && !this.#instances.has(key)) this.#staged.delete(key);
    }
  }

  admit(backend: Backend, split: Split | null): void {
    this.#pool.set(keyOf(backend.target, backend.release), backend);
    this.#split = split;
  }

  drain(target: string, release: string): void {
    this.#pool.delete(keyOf(target, release));
  }

  shift(split: Split | null): void {
    this.#split = split;
  }

  /** What ran before the deployment has come back on it, without anybody's doing. */
  hasRebooted(target: string): boolean {
    return this.#rebooted.has(target);
  }

  isHealthy(instance: SimulatedInstance): boolean {
    return (
      instance.state === 'running' &&
      instance.sickSince === null &&
      this.#clock.elapsed() >= instance.healthyAt
    );
  }

  /** Whether requests go to it. Where there is no router, whatever runs gets its work. */
  getsTraffic({ target, release }: { readonly target: string; readonly release: string }): boolean {
    if (!this.#options.routed) return this.instance(target, release) !== undefined;
    return this.isAdmitted(target, release) && this.shareOf(release) > 0;
  }

  /** The share of the traffic that a release gets, in percent: a side without a backend leaves its to the other. */
  shareOf(release: string): number {
    let named = 0;
    let others = 0;
    for (const backend of this.#pool.values()) {
      if (backend.release === this.#split?.release) named++;
      else others++;
    }
    if (this.#split === null) return named + others === 0 ? 0 : 100;
    const toNamed = named === 0 ? 0 : others === 0 ? 100 : this.#split.percent;
    if (release === this.#split.release) return toNamed;
    return others === 0 ? 0 : 100 - toNamed;
  }

  /** Whether starting `release` on its target ends this instance. */
  replaces(instance: SimulatedInstance, release: string | null): boolean {
    return !this.#options.beside && instance.release !== release;
  }

  /** @param by the controller that counts: each has its own doubts; default: nobody */
  census(by = ''): Census {
    const serving = new Set(this.#lost);
    const healthyOn = new Map<string, number>();
    const running = new Map<string, number>();
    for (const instance of this.#instances.values()) {
      const { target, release } = instance;
      if (instance.state === 'running') running.set(target, (running.get(target) ?? 0) + 1);
      if (!this.#isThoughtHealthy(instance, by)) continue;
      if (this.getsTraffic(instance)) serving.add(target);
      if (this.#options.routed && !this.isAdmitted(target, release)) continue;
      healthyOn.set(release, (healthyOn.get(release) ?? 0) + 1);
    }
    const counts = [...running.values()];
    const named = [...this.#pool.values()].filter((one) => one.release === this.#split?.release).length;
    return {
      serving: serving.size,
      healthyOn,
      others: this.#pool.size - named,
      named,
      percent: this.#split?.percent ?? null,
      doubled: counts.filter((count) => count > 1).length,
      mostOnOne: Math.max(0, ...counts),
    };
  }

  /** What fell ill since anybody looked cannot be held against those who act. */
  #isThoughtHealthy(instance: SimulatedInstance, by: string): boolean {
    if (instance.doubtedBy.has(by)) return false;
    const { sickSince, healthyAt, settled, seenSick, seenWell } = instance;
    if (!this.#options.probed) return this.isHealthy(instance) || !seenSick;
    // Until a check has passed nobody can know that it is well.
    if (this.isHealthy(instance)) return settled || seenWell;
    return !seenSick && (settled || (sickSince !== null && sickSince > healthyAt));
  }

  /** Somebody has looked at the target. */
  seen(target: string): void {
    this.#lost.delete(target);
  }

  /** What is sick by now counts as seen: who acts from now on has to have looked. */
  grantNothing(): void {
    this.#lost.clear();
    for (const instance of this.#instances.values()) {
      const isVisible = this.#options.probed || instance.state === 'exited';
      if (isVisible && instance.sickSince !== null) instance.seenSick = true;
    }
  }

  #start(target: string, release: string, settled: boolean): void {
    const ago = settled ? this.#options.startUpMs : 0;
    const own = this.#options.sicknesses.filter((one) => one.target === target && one.release === release);
    const neverHealthy = own.some((one) => one.kind === 'never-healthy' || one.kind === 'restarts');
    const instance: SimulatedInstance = {
      target,
      release,
      address: { host: '127.0.0.1', port: ++this.#lastPort },
      startedAt: this.#clock.now() - ago,
      healthyAt: neverHealthy ? Infinity : this.#clock.elapsed() - ago + this.#options.startUpMs,
      settled,
      state: 'running',
      restarts: 0,
      sickSince: null,
      seenSick: false,
      seenWell: false,
      doubtedBy: new Set(),
      answers: 0,
      badAnswers: 0,
    };
    this.#instances.set(keyOf(target, release), instance);
    if (neverHealthy) this.#faults.strikes('never healthy');
    for (const sickness of own) this.#infect(instance, sickness);
  }

  #infect(instance: SimulatedInstance, { kind, afterMs, forMs }: Sickness): void {
    if (kind === 'never-healthy') return;
    this.#clock.schedule(afterMs, () => {
      if (this.instance(instance.target, instance.release) !== instance) return;
      if (kind === 'restarts') {
        instance.restarts++;
        return;
      }
      this.#faults.strikes(kind);
      instance.sickSince = this.#clock.elapsed();
      instance.seenSick = false;
      if (kind !== 'falls-ill') instance.state = 'exited';
      if (kind === 'reboots') this.#bringBack(instance);
      else if (forMs !== null) this.#clock.schedule(forMs, () => heal(instance));
    });
  }

  /** What ran on the target before the deployment is there again, without traffic unless it still is in the pool. */
  #bringBack({ target, release }: SimulatedInstance): void {
    const first = this.#first.get(target);
    if (first === undefined || first === release) return;
    this.#rebooted.add(target);
    if (!this.#options.beside) {
      this.#instances.delete(keyOf(target, release));
      this.#lost.add(target);
    }
    if (this.instance(target, first)?.state !== 'running') this.#start(target, first, false);
  }

  #on(target: string): SimulatedInstance[] {
    return [...this.#instances.values()].filter((instance) => instance.target === target);
  }

  #backendOf(target: string, release: string): Backend {
    const { address } = this.instance(target, release) as SimulatedInstance;
    return { target, release, address };
  }
}

function keyOf(target: string, release: string): string {
  return `${target}\n${release}`;
}
