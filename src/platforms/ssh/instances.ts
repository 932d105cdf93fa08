/** What `inspect` of a host has answered, as instances. */
import { constants } from 'node:os';
import type { Evidence } from '../../errors.ts';
import type { Instance } from '../platform.ts';
import type { AnswerLine } from './answer.ts';

interface Slot {
  readonly release: string;
  /** Seconds since the epoch. */
  readonly since: string;
  readonly facts: Map<string, string>;
  readonly log: string[];
  /** What systemd says, by its names. */
  readonly unit: Map<string, string>;
}

const MS_PER_SECOND = 1000;
const STARTING = ['activating', 'reloading'];
/** `ExecMainCode` of a process that ended by itself; it is 0 for one that has not ended. */
const BY_ITSELF = '1';
/** `ExecMainCode` of a process that a signal ended, or that dumped its core. */
const BY_SIGNAL = ['2', '3'];

export function instancesOf(target: string, host: string, lines: readonly AnswerLine[]): Instance[] {
  return slotsOf(lines).map((slot) => {
    const port = numberOf(slot.facts.get('port'));
    const pid = numberOf(slot.facts.get('pid')) ?? numberOf(slot.unit.get('MainPID'));
    const since = numberOf(slot.since);
    const restarts = restartsOf(slot);
    const state = stateOf(slot);
    const evidence = evidenceOf(slot, state === 'exited' || (restarts ?? 0) > 0);
    return {
      target,
      release: slot.release,
      state,
      ...(port === null ? {} : { address: { host, port } }),
      ...(pid === null || pid === 0 ? {} : { pid }),
      ...(since === null ? {} : { startedAt: since * MS_PER_SECOND }),
      ...(restarts === null ? {} : { restarts }),
      ...(evidence === null ? {} : { evidence }),
    };
  });
}

function slotsOf(lines: readonly AnswerLine[]): Slot[] {
  const slots: Slot[] = [];
  for (const { key, value } of lines) {
    const slot = slots.at(-1);
    if (key === 'instance') {
      const [, release = '', since = ''] = value.split(' ');
      slots.push({ release, since, facts: new Map(), log: [], unit: new Map() });
    } else if (key === 'log') slot?.log.push(value);
    else if (key === 'said') {
      const [, name, fact] = /^(\w+)=(.*)$/.exec(value) ?? [];
      if (name !== undefined && fact !== undefined) slot?.unit.set(name, fact);
    } else slot?.facts.set(key, value);
  }
  return slots;
}

function stateOf({ facts, unit }: Slot): Instance['state'] {
  const active = unit.get('ActiveState') ?? '';
  if (STARTING.includes(active)) return 'starting';
  if (active === 'deactivating') return 'stopping';
  return facts.get('status') === '0' ? 'running' : 'exited';
}

/** systemd counts one when it starts the service again, some time after it ended: that it ended is known before. */
function restartsOf({ unit }: Slot): number | null {
  const counted = numberOf(unit.get('NRestarts'));
  return counted !== null && unit.get('SubState') === 'auto-restart' ? counted + 1 : counted;
}

function evidenceOf({ facts, unit, log }: Slot, ended: boolean): Evidence | null {
  if (!ended) return null;
  const status = numberOf(unit.get('ExecMainStatus'));
  const how = unit.get('ExecMainCode') ?? '';
  const exitCode = numberOf(facts.get('exit')) ?? (how === BY_ITSELF ? status : null);
  return {
    ...(exitCode === null ? {} : { exitCode }),
    ...(BY_SIGNAL.includes(how) && status !== null ? { signal: signalOf(status) } : {}),
    log,
  };
}

function signalOf(number: number): string {
  const [name] = Object.entries(constants.signals).find(([, one]) => one === number) ?? [];
  return name ?? `signal ${number}`;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
