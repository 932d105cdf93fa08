/** What HAProxy says on its runtime socket, read. */
import type { Address } from '../../domain/target.ts';
import { OperationError } from '../../errors.ts';
import { readServerName, type ServerKey } from './server-name.ts';

/** A server of ours, as HAProxy has it now. */
export interface RunningServer extends ServerKey {
  readonly name: string;
  readonly address: Address;
  readonly weight: number;
  readonly health: 'unknown' | 'up' | 'down';
  /** The last answer of its check, in words. */
  readonly probe: string;
  /** Takes no new requests. */
  readonly draining: boolean;
  /** Stopped by hand; it can be deleted. */
  readonly inMaintenance: boolean;
  readonly inFlight: number;
  /** Requests it was given since it was added or HAProxy was reloaded. */
  readonly requests: number;
}

const OLDEST = [2, 6] as const;

/** Beginnings of answers to what can be done about it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /^Permission denied/,
    'Give the socket the right to change things: `stats socket /run/haproxy/admin.sock mode 660 level admin`.',
  ],
  [
    /^No such (backend|proxy)/,
    'Add this backend to the config of HAProxy and reload it, or name the one that serves the service.',
  ],
  [
    /dynamic load balancing/,
    'Set `balance roundrobin` (or leastconn, or random) in this backend: the others take no servers while they run.',
  ],
];

/**
 * The servers of ours among those of `show stat` and `show servers state`, one answer after the other, by target
 * and release. The first has the counters; only the second says whether a server that is down is drained.
 * @throws OperationError when HAProxy answered something else
 */
export function readServers(answer: string, backend: string): readonly RunningServer[] {
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  const second = lines.findIndex((line) => line.startsWith('# be_id '));
  if (lines[0]?.startsWith('# pxname,') !== true || second < 0)
    throw refusal(answer, `the servers of backend ${backend} were asked for`);
  const states = new Map(rowsOf(lines.slice(second), ' ').map((row) => [row.get('srv_name'), row]));
  return rowsOf(lines.slice(0, second), ',')
    .map((row) => readServer(row, states.get(row.get('svname'))))
    .filter((server) => server !== null)
    .toSorted(byTarget);
}

function rowsOf([head = '', ...lines]: readonly string[], separator: string): Map<string, string>[] {
  const columns = head.replace(/^# /, '').split(separator);
  return lines.map((line) => new Map(line.split(separator).map((value, i) => [columns[i] ?? '', value])));
}

/** @throws OperationError unless `show info` is of a HAProxy that can add servers while it runs */
export function assertVersion(answer: string): void {
  const version = /^Version: *(\S+)/m.exec(answer)?.[1];
  if (version === undefined) throw refusal(answer, 'its version was asked for');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new OperationError(`HAProxy ${version} cannot add and delete servers while it runs`, {
    retryable: false,
    remedy: `Use HAProxy ${OLDEST.join('.')} or newer.`,
  });
}

/** @throws OperationError when the answer says more than that it was done */
export function assertDone(answer: string, command: string): void {
  const said = answer.replace(/^(New server registered|Server deleted)\.$/gm, '').trim();
  if (said !== '') throw refusal(said, `it was told to ${command.slice(0, 200)}`);
}

/** The error for an answer that is not what was asked for. */
function refusal(answer: string, asked: string): OperationError {
  // Of several commands in one line each says it again.
  const said = answer.trim().split('\n', 1)[0]?.slice(0, 300) ?? '';
  const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
  const words = said === '' ? 'nothing' : JSON.stringify(said);
  return new OperationError(`HAProxy said ${words} when ${asked}`, {
    ...(remedy !== undefined && { remedy }),
    retryable: remedy === undefined,
  });
}

type Row = ReadonlyMap<string, string>;

/** Bits of `srv_admin_state`: by the socket, by the file, or by another server. */
const MAINTENANCE = 0x01 | 0x02 | 0x04;
const DRAIN = 0x08 | 0x10;

function readServer(counters: Row, state: Row | undefined): RunningServer | null {
  const text = (column: string) => counters.get(column) ?? '';
  const name = text('svname');
  const key = readServerName(name);
  if (key === null || state === undefined) return null;
  const admin = Number(state.get('srv_admin_state'));
  return {
    ...key,
    name,
    address: { host: state.get('srv_addr') ?? '', port: Number(state.get('srv_port')) },
    weight: Number(state.get('srv_uweight')),
    health: healthOf(state.get('srv_op_state'), text('check_status')),
    // The asterisk says that the next check is under way, and that this was said of the one before.
    probe: [
      text('check_status').replace(/^\* /, ''),
      text('check_code'),
      text('check_desc'),
      text('last_chk'),
    ]
      .filter((word) => word !== '')
      .join(' '),
    draining: (admin & DRAIN) !== 0,
    inMaintenance: (admin & MAINTENANCE) !== 0,
    inFlight: Number(text('qcur')) + Number(text('scur')),
    requests: Number(text('stot')),
  };
}

/** A server counts as up (2) before its first check, so the check has to say it too: `L7OK`, `L4OK`, `* L7OK`. */
function healthOf(state: string | undefined, check: string): RunningServer['health'] {
  if (state === '0') return 'down';
  return state === '2' && /^(\* )?L[467]OKC?$/.test(check) ? 'up' : 'unknown';
}

/** Targets and releases in the order of their names, so that the same pool always reads the same. */
export function byTarget(a: ServerKey, b: ServerKey): number {
  return compare(a.target, b.target) || compare(a.release, b.release) || a.turn - b.turn;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
