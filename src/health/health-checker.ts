import { InvalidInputError } from '../errors.ts';
import type { CheckReport, HealthReport } from './aggregate.ts';
import type { CheckSubject, HealthCheck, HealthStatus } from './health-check.ts';
import { judge, judgeOne } from './judge.ts';

export interface CheckerOptions {
  /** Ends the checks early; those without a verdict by then are unknown. */
  readonly signal?: AbortSignal;
}

/** A set of health checks by name, and the verdict over all of them. */
export class HealthChecker {
  readonly #checks = new Map<string, HealthCheck>();

  /** Throws `InvalidInputError` when two checks have one name. */
  constructor(checks: Iterable<HealthCheck> = []) {
    for (const check of checks) this.add(check);
  }

  /** The checks in the order they were added: a copy. */
  get checks(): readonly HealthCheck[] {
    return [...this.#checks.values()];
  }

  /** Adds a check. Throws `InvalidInputError` when there is one of this name. */
  add(check: HealthCheck): this {
    if (this.#checks.has(check.name)) {
      throw new InvalidInputError(`there is a health check ${JSON.stringify(check.name)} already`, {
        remedy: 'Give one of the two another name.',
      });
    }
    this.#checks.set(check.name, check);
    return this;
  }

  /** Removes the check of this name; false when there is none. */
  remove(name: string): boolean {
    return this.#checks.delete(name);
  }

  /**
   * Asks one check: once, or up to `fall` times when it fails. Whatever it says or throws is in the report.
   * @throws InvalidInputError when no check has this name
   */
  async check(name: string, subject: CheckSubject = {}, options: CheckerOptions = {}): Promise<CheckReport> {
    const check = this.#checks.get(name);
    if (check === undefined) {
      const names = [...this.#checks.keys()].map((known) => JSON.stringify(known)).join(', ');
      throw new InvalidInputError(`there is no health check ${JSON.stringify(name)}`, {
        remedy: names === '' ? 'Add it first.' : `Use one of ${names}.`,
      });
    }
    return judgeOne(check, subject, options);
  }

  /** Asks all checks in parallel; tells what each said and what it comes to. Never rejects. */
  checkAll(subject: CheckSubject = {}, options: CheckerOptions = {}): Promise<HealthReport> {
    return judge(this.checks, subject, options);
  }

  /** The verdict alone, by asking all checks now; `unknown` when there are none. Never rejects. */
  async status(subject: CheckSubject = {}, options: CheckerOptions = {}): Promise<HealthStatus> {
    return (await this.checkAll(subject, options)).status;
  }
}
