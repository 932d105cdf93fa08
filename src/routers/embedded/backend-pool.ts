/**
 * The backends of one service and the split between releases: who gets the next request.
 *
 * With a split there are two sides, the named release and all others; without one, everybody is on one
 * side. A side is chosen by smooth weighted round robin, a backend of the side in turn. A side without
 * backends gets nothing. Where every backend of the chosen side is full, or avoided because connections to it
 * fail, the other side helps out if it has a share. Where nobody can, the request waits for one that is full;
 * only when all are avoided one of them is tried all the same.
 */
import type { Clock } from '../../domain/clock.ts';
import type { Backend as BackendSpec, RouteStatus, Split } from '../router.ts';
import { Backend } from './backend.ts';
import { isRelease } from './release-names.ts';
import type { ServiceRoute } from './service-route.ts';
import { Rotation, SmoothShares } from './smooth-choice.ts';
import { WaitingLine } from './waiting-line.ts';

/** What a request asks for itself. */
export interface Wish {
  /** Version or release id from the tester's header: granted whatever the share. */
  readonly release: string | null;
  /** Token from the sticky cookie: granted while that release has a share. */
  readonly token: string | null;
}

export class BackendPool {
  readonly line: WaitingLine;
  readonly #clock: Clock;
  readonly #route: () => ServiceRoute;
  readonly #backends: Backend[] = [];
  #split: Split | null = null;
  #shares = new SmoothShares([100, 0]);
  /** The named release's backends and all others'; draining ones in neither. */
  #sides: readonly [Rotation<Backend>, Rotation<Backend>] = [new Rotation([]), new Rotation([])];

  constructor(route: () => ServiceRoute, clock: Clock) {
    this.#route = route;
    this.#clock = clock;
    this.line = new WaitingLine(clock);
  }

  get split(): Split | null {
    return this.#split;
  }

  /** True when there is no backend that takes requests. */
  get empty(): boolean {
    return this.#sides[0].items.length + this.#sides[1].items.length === 0;
  }

  /** The backends that take requests, as they were admitted. */
  get admitted(): readonly BackendSpec[] {
    return this.#backends
      .filter((backend) => !backend.draining)
      .map(({ target, release, address }) => ({ target, release, address }));
  }

  admit(spec: BackendSpec, split: Split | null): void {
    const known = this.#find(spec.target, spec.release);
    if (known === undefined) {
      this.#backends.push(new Backend(spec, this.#route, this.#clock));
    } else {
      known.moveTo(spec.address);
      if (known.draining) known.undrain();
    }
    this.shift(split);
  }

  shift(split: Split | null): void {
    const percent = split?.percent ?? 100;
    // The turn goes on where nothing changes, so that a repeated call cannot skew the shares.
    if (percent !== this.#shares.shares[0]) this.#shares = new SmoothShares([percent, 100 - percent]);
    this.#split = split;
    this.#sortOut();
  }

  /** Takes a backend out and forgets it once nothing is in flight to it. */
  async drain(target: string, release: string): Promise<{ readonly abandoned: number }> {
    const backend = this.#find(target, release);
    if (backend === undefined) return { abandoned: 0 };
    const drained = backend.drain();
    this.#sortOut();
    const result = await drained;
    if (backend.draining) this.#forget(backend);
    return result;
  }

  /** Drains all backends; who waits for one is sent away. */
  async drainAll(): Promise<void> {
    this.line.dissolve();
    await Promise.all(this.#backends.map(({ target, release }) => this.drain(target, release)));
  }

  /** Cuts everything off at once. */
  close(): void {
    this.line.dissolve();
    for (const backend of this.#backends) backend.close();
  }

  /**
   * The backend for a request, or `null` when none has room.
   * @param tried backends at which the request failed already, in that order: not chosen again. It stays
   *   with the release of the last one where it can.
   */
  choose(wish: Wish, tried: readonly Backend[]): Backend | null {
    const last = tried.at(-1);
    const release = last?.release ?? this.#granted(wish);
    const first = release === null ? this.#nextSide() : this.#sideOf(release);
    const ready = (backend: Backend) => backend.hasRoom && !backend.avoided && !tried.includes(backend);
    const spare = (backend: Backend) => backend.hasRoom && !tried.includes(backend);
    return (
      (release === null ? null : this.#sides[first]!.next((b) => b.release === release && ready(b))) ??
      this.#pick(first, ready) ??
      (this.#isWorthWaiting(first, tried) ? null : this.#pick(first, spare))
    );
  }

  /** True when a request that failed at the backends of `tried` can hope for another one that is only full. */
  isWorthWaiting(tried: readonly Backend[]): boolean {
    const last = tried.at(-1);
    return last !== undefined && this.#isWorthWaiting(this.#sideOf(last.release), tried);
  }

  /** True while both sides get requests, so that it matters on which one a person is. */
  get divided(): boolean {
    return this.#shareOf(0) > 0 && this.#shareOf(1) > 0;
  }

  status(): RouteStatus {
    return { backends: this.#backends.map((backend) => backend.status()), split: this.#split };
  }

  /** Who fits of a side, else of the other one, if that has a share. */
  #pick(first: number, fits: (backend: Backend) => boolean): Backend | null {
    return this.#sides[first]!.next(fits) ?? (this.#helps(first) ? this.#sides[1 - first]!.next(fits) : null);
  }

  #isWorthWaiting(first: number, tried: readonly Backend[]): boolean {
    const hope = (backend: Backend) => !backend.avoided && !tried.includes(backend);
    return (
      this.#sides[first]!.items.some(hope) || (this.#helps(first) && this.#sides[1 - first]!.items.some(hope))
    );
  }

  /** True when the other side takes what this one cannot. */
  #helps(side: number): boolean {
    return this.#shareOf(1 - side) > 0;
  }

  #nextSide(): number {
    if (this.#sides[1].items.length === 0) return 0;
    if (this.#sides[0].items.length === 0) return 1;
    return this.#shares.next();
  }

  #sideOf(release: string): number {
    return this.#split === null || this.#split.release === release ? 0 : 1;
  }

  /** What a side really gets: nothing without backends, everything when the other has none. */
  #shareOf(side: number): number {
    if (this.#sides[side]!.items.length === 0) return 0;
    if (this.#sides[1 - side]!.items.length === 0) return 100;
    return this.#shares.shares[side]!;
  }

  /** The release that the request may have by its own wish, or `null` for the ordinary choice. */
  #granted(wish: Wish): string | null {
    const { release, token } = wish;
    if (release === null && token === null) return null;
    const admitted = this.#backends.filter((backend) => !backend.draining);
    const picked = release !== null && admitted.find((backend) => isRelease(backend.release, release));
    if (picked) return picked.release;
    const kept = token !== null && admitted.find((backend) => backend.token === token);
    return kept && this.#shareOf(this.#sideOf(kept.release)) > 0 ? kept.release : null;
  }

  #find(target: string, release: string): Backend | undefined {
    return this.#backends.find((backend) => backend.target === target && backend.release === release);
  }

  #forget(backend: Backend): void {
    const index = this.#backends.indexOf(backend);
    if (index < 0) return;
    this.#backends.splice(index, 1);
    backend.close();
  }

  #sortOut(): void {
    const admitted = this.#backends.filter((backend) => !backend.draining);
    this.#sides = [
      new Rotation(admitted.filter((backend) => this.#sideOf(backend.release) === 0)),
      new Rotation(admitted.filter((backend) => this.#sideOf(backend.release) === 1)),
    ];
    this.line.advance();
  }
}
