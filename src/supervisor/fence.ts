/**
 * Keeps out a controller whose lease is over: stopped in the middle of a call, asleep, or with a call still on
 * the wire when another took over. It remembers the latest lease that each service was worked on under.
 *
 * Only for as long as the supervisor lives: the journal, and the controller itself before each operation, look
 * at the lease too. An epoch alone would not do, as those of a new journal begin anew.
 */
import type { LeaseStamp } from '../domain/operation.ts';
import { FencedError } from '../errors.ts';

const STAMP = /^(\d{1,15}) (\d{1,15}(?:\.\d+)?)$/;

export class Fence {
  readonly #latest = new Map<string, LeaseStamp>();

  /** @throws FencedError when the service was worked on under a later lease already */
  assertCurrent(service: string, lease: LeaseStamp): void {
    const latest = this.#latest.get(service);
    if (latest !== undefined && lease.epoch < latest.epoch && lease.since <= latest.since) {
      throw new FencedError(
        `the lease (epoch ${lease.epoch}) is over: another controller works on ${service} (epoch ${latest.epoch})`,
        { remedy: 'Stop acting on this service; `sluice status` shows who carries on.' },
      );
    }
    this.#latest.set(service, lease);
  }
}

/** As it is sent: `7 1760000000000`. */
export function formatStamp({ epoch, since }: LeaseStamp): string {
  return `${epoch} ${since}`;
}

/** `null` when it is not a stamp. */
export function parseStamp(text: string): LeaseStamp | null {
  const [, epoch, since] = STAMP.exec(text) ?? [];
  return epoch === undefined ? null : { epoch: Number(epoch), since: Number(since) };
}
