/** What the router has counted for one service since it was configured. */
export interface ServiceStats {
  /** Requests that came in, those refused among them. */
  readonly requests: number;
  /** Answers that the router gave in place of a backend, by status. */
  readonly errors: { readonly 502: number; readonly 503: number; readonly 504: number };
  /** Tries beyond the first of a request. */
  readonly retried: number;
  /** By release id. */
  readonly byRelease: { readonly [release: string]: ReleaseStats };
}

export interface ReleaseStats {
  /** Requests that the release answered or failed to answer. */
  readonly requests: number;
  /** Those answered with a 5xx status, broken off, or not answered at all. */
  readonly failed: number;
}

/** Releases that are counted; the one seen first is forgotten beyond it. */
const MAX_RELEASES = 100;

export class StatsCounter {
  requests = 0;
  retried = 0;
  readonly #errors = { 502: 0, 503: 0, 504: 0 };
  readonly #byRelease = new Map<string, { requests: number; failed: number }>();

  refused(status: number): void {
    if (status === 502 || status === 503 || status === 504) this.#errors[status] += 1;
  }

  /** A request ended at a backend of this release. */
  ended(release: string, failed: boolean): void {
    let counts = this.#byRelease.get(release);
    if (counts === undefined) {
      counts = { requests: 0, failed: 0 };
      this.#byRelease.set(release, counts);
      const [oldest] = this.#byRelease.keys();
      if (this.#byRelease.size > MAX_RELEASES && oldest !== undefined) this.#byRelease.delete(oldest);
    }
    counts.requests += 1;
    if (failed) counts.failed += 1;
  }

  read(): ServiceStats {
    const byRelease = Object.fromEntries(
      Array.from(this.#byRelease, ([release, counts]) => [release, { ...counts }] as const),
    );
    return { requests: this.requests, errors: { ...this.#errors }, retried: this.retried, byRelease };
  }
}
