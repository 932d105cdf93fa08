/** What a script has answered: its lines that begin with `@ `, and what they mean when it refused. */
import { constants } from 'node:os';
import {
  type Evidence,
  FencedError,
  LeaseHeldError,
  OperationError,
  type SluiceError,
} from '../../errors.ts';
import type { RemoteResult } from './remote-shell.ts';

export interface AnswerLine {
  readonly key: string;
  /** The rest of the line. */
  readonly value: string;
}

const SAID_LINES = 5;

/** The lines of a script that came to its end. @throws SluiceError that says what was refused, or went wrong */
export function answerOf(host: string, doing: string, result: RemoteResult): AnswerLine[] {
  const lines = answerLines(result.stdout);
  const refused = lines.find(({ key }) => key === 'refused');
  if (refused !== undefined) throw refusal(host, doing, refused.value, lines, result);
  if (result.exitCode === 0 && lines.at(-1)?.key === 'end') return lines;
  throw new OperationError(`${host}: could not ${doing}: ${howItEnded(result)}`, {
    evidence: {
      ...(result.exitCode === null ? {} : { exitCode: result.exitCode }),
      ...(result.signal === null ? {} : { signal: result.signal }),
    },
  });
}

function answerLines(stdout: string): AnswerLine[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('@ '))
    .map((line) => {
      const [, key = '', value = ''] = /^@ (\S*) ?(.*)$/s.exec(line) ?? [];
      return { key, value };
    });
}

/** The values of the lines with this key, in their order. */
export function valuesOf(lines: readonly AnswerLine[], key: string): string[] {
  return lines.filter((line) => line.key === key).map(({ value }) => value);
}

/** The host refused the base: what was asked for has to be sent whole. */
export class BaseRefused extends Error {}

function refusal(
  host: string,
  doing: string,
  value: string,
  lines: readonly AnswerLine[],
  result: RemoteResult,
): Error {
  const [what = '', detail = ''] = value.split(' ');
  const log = valuesOf(lines, 'log');
  const evidence: Evidence = log.length === 0 ? {} : { log };
  const cannot = (why: string, remedy: string, retryable = true): OperationError =>
    new OperationError(`${host}: could not ${doing}: ${why}`, { evidence, remedy, retryable });
  switch (what) {
    case 'base':
      return new BaseRefused();
    case 'held':
    case 'fenced':
      return refusedLease(host, what, value.slice(what.length + 1), lines);
    case 'folder':
      return cannot(said(result), 'Let the user that logs in write to the root folder.');
    case 'unpack':
      return cannot(said(result), 'Look at the disk of the host, and whether it has tar and cp of GNU.');
    case 'damaged':
      return cannot(
        `what arrived is not what was sent (${detail})`,
        'Try again; if it stays so, look at the disk.',
      );
    case 'unstaged':
      return cannot('the release is not there', 'Stage it first.', false);
    case 'undeployed':
      return cannot('nothing was ever deployed there', 'Deploy it first.', false);
    case 'full':
      return cannot(
        'each port has a release that runs',
        'Stop one of them, or give the host another port.',
        false,
      );
    case 'lingers':
      return cannot(
        `it still runs ${detail} s after \`stop\``,
        'Let `stop` end it for good, or give it more time (`stopTimeout`).',
      );
    default:
      return commandFailed(`${host}: could not ${doing}: \`${what}\``, Number(detail), evidence, host);
  }
}

/** Shells report a signal as 128 and its number. */
function commandFailed(what: string, code: number, evidence: Evidence, host: string): OperationError {
  const remedy = `See what it printed, and run it on ${host} by hand.`;
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? [];
  if (signal === undefined) {
    return new OperationError(`${what} ended with exit code ${code}`, {
      evidence: { ...evidence, exitCode: code },
      remedy,
    });
  }
  return new OperationError(`${what} was ended by ${signal}`, { evidence: { ...evidence, signal }, remedy });
}

function refusedLease(host: string, what: string, detail: string, lines: readonly AnswerLine[]): SluiceError {
  if (what === 'fenced') {
    const [who = ''] = valuesOf(lines, 'who');
    const [doing = ''] = valuesOf(lines, 'doing');
    const since = Number(detail);
    return new FencedError(
      `${host}: the lease is over: ${who} deploys here since ${timeOf(since)} (${doing})`,
      {
        remedy: 'Stop acting on this service; `sluice status` shows who carries on.',
      },
    );
  }
  return leaseRefusal(host, detail, lines);
}

/** Somebody else holds the lease. @param since as the host has it, in milliseconds since the epoch */
export function leaseRefusal(host: string, since: string, lines: readonly AnswerLine[]): LeaseHeldError {
  const [who = ''] = valuesOf(lines, 'who');
  const [doing = ''] = valuesOf(lines, 'doing');
  const [until = ''] = valuesOf(lines, 'until');
  return new LeaseHeldError(
    `${host}: ${who} deploys here since ${timeOf(Number(since))} (${doing}), with another journal`,
    { holder: who, since: Number(since), doing },
    { remedy: `Ask ${who}, or try again after ${timeOf(Number(until) * 1000)}, when that lease expires.` },
  );
}

function timeOf(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString() : 'an unknown time';
}

function howItEnded(result: RemoteResult): string {
  const { exitCode, signal } = result;
  if (signal !== null) return `the script was ended by ${signal}`;
  return exitCode === 0 ? 'the script did not come to its end' : said(result);
}

/** The last of what was printed about it. */
function said({ stderr, exitCode }: RemoteResult): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? `exit code ${exitCode}` : lines.slice(-SAID_LINES).join('; ');
}
