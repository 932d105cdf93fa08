import type { Address } from '../domain/target.ts';
import type { CheckResult, CheckSubject } from './health-check.ts';

/** `host:port`, with the brackets that an IPv6 address needs. */
export function placeOf(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** The answer about a subject that listens nowhere: there is nobody to ask, so nothing is known. */
export function noAddress(subject: CheckSubject): CheckResult {
  const who = subject.target === undefined ? 'it' : subject.target;
  return { status: 'unknown', message: `${who} has no address to ask` };
}
