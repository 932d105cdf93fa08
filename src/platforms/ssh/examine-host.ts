/** What a host has answered to `sluice doctor`. */
import type { SluiceError } from '../../errors.ts';
import { type AnswerLine, answerOf, leaseRefusal, valuesOf } from './answer.ts';
import type { RemoteShell } from './remote-shell.ts';
import { examineScript, type Needs } from './scripts/examine.ts';

const KIB = 1024;

export interface HostReport {
  /** Who we are there. */
  readonly user: string;
  /** Seconds that its clock is ahead of ours; negative when it is behind. 0 within the time that asking took. */
  readonly clockAhead: number;
  readonly lacks: readonly string[];
  /** The best that both sides may use. */
  readonly compression: 'zstd' | 'gzip' | null;
  /** `closed`: may not be written to; `blocked`: is no folder. */
  readonly folder: { readonly state: 'open' | 'closed' | 'blocked'; readonly path: string };
  /** `null` where the host does not tell. */
  readonly freeBytes: number | null;
  readonly ports: ReadonlyMap<number, PortState>;
  /** `null` where it is not needed. */
  readonly systemd: SystemdState | null;
  /** Why nobody but another may deploy now. */
  readonly leased: SluiceError | null;
}

export type PortState = 'free' | 'ours' | 'taken' | 'unknown';

/**
 * `fleeting`: what the user runs ends with the login. `powerless`: only root may. `stranger`: there is no such
 * user as the service is to run as.
 */
export type SystemdState = 'usable' | 'absent' | 'fleeting' | 'unreachable' | 'powerless' | 'stranger';

export interface Examination extends Needs {
  /** Under whose leases we deploy; those of others are in the way. */
  readonly authority: string | null;
}

/** One round trip. @throws OperationError when the host cannot be asked; the signal's reason */
export async function examineHost(
  shell: RemoteShell,
  examination: Examination,
  signal: AbortSignal,
): Promise<HostReport> {
  const begun = Date.now();
  const result = await shell.run(examineScript(examination), { signal });
  return reportOf(shell.host, answerOf(shell.host, 'look at what it needs', result), {
    authority: examination.authority,
    begun,
    ended: Date.now(),
  });
}

interface Asked {
  readonly authority: string | null;
  /** Milliseconds since the epoch, between which the host was asked. */
  readonly begun: number;
  readonly ended: number;
}

/** Pure. */
export function reportOf(host: string, lines: readonly AnswerLine[], asked: Asked): HostReport {
  const one = (key: string) => valuesOf(lines, key)[0];
  const tools = valuesOf(lines, 'tool');
  const free = one('free') ?? '';
  const [authority] = valuesOf(lines, 'lease');
  return {
    user: one('user') ?? '',
    clockAhead: aheadOf(Number(one('now')), asked),
    lacks: valuesOf(lines, 'lacks'),
    compression: tools.includes('zstd') ? 'zstd' : tools.includes('gzip') ? 'gzip' : null,
    folder: folderOf(one('blocked'), one('closed')),
    freeBytes: /^\d+$/.test(free) ? Number(free) * KIB : null,
    ports: new Map(
      valuesOf(lines, 'port').map((value) => {
        const [port, state] = value.split(' ');
        return [Number(port), state as PortState];
      }),
    ),
    systemd: (one('systemd') ?? null) as SystemdState | null,
    leased:
      authority === undefined || authority === asked.authority
        ? null
        : leaseRefusal(host, one('since') ?? '', lines),
  };
}

/** Its clock stands still for a second, and the way there and back takes time: neither is a difference. */
function aheadOf(now: number, { begun, ended }: Asked): number {
  const [least, most] = [Math.floor(begun / 1000), Math.ceil(ended / 1000)];
  return now > most ? now - most : Math.min(0, now - least);
}

function folderOf(blocked: string | undefined, closed: string | undefined): HostReport['folder'] {
  if (blocked !== undefined) return { state: 'blocked', path: blocked };
  return closed === undefined ? { state: 'open', path: '' } : { state: 'closed', path: closed };
}
