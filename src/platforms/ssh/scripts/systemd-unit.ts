/**
 * The text of a unit of systemd, and what cannot be said in one. A unit names the folder of its release and not
 * `current`, so that a service that is restarted after a crash, or after a reboot, is the release that was activated.
 */
import { InvalidInputError } from '../../../errors.ts';
import type { SshRun } from '../ssh-release.ts';
import type { Place } from './prelude.ts';
import type { RunOrder } from './run-order.ts';
import { execStart, NONCHARACTER, specifier } from './unit-words.ts';

export type SystemdRun = Extract<SshRun, { kind: 'systemd' }>;

export interface UnitOrder extends Omit<RunOrder, 'run'> {
  readonly run: SystemdRun;
}

/** @throws InvalidInputError when the root, or a word of the command, cannot be in a unit */
export function unitText({ place, release, run, stopTimeoutMs }: UnitOrder, slot: number): string {
  assertRoot(place.root, run.scope);
  const base = baseOf(place);
  const files = base.replace(/[*?[]/g, '\\$&');
  const lines = [
    '[Unit]',
    `Description=${place.service} ${release}`,
    // There is no such target for the units of a user.
    ...(run.scope === 'user' ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    // Started is what has become the program: that there is none is an error, and no crash a moment later.
    'Type=exec',
    `${ownLine(place)}${release}`,
    `EnvironmentFile=${files}/.sluice/meta/${release}/environment`,
    `EnvironmentFile=-${files}/.sluice/run/${slot}/port`,
    `Environment=SLUICE_SERVICE=${place.service} SLUICE_RELEASE=${release} SLUICE_SLOT=${slot}`,
    `ExecStart=${execStart(run.command, `${base}/releases/${release}`)}`,
    'Restart=always',
    'RestartSec=1',
    `TimeoutStopSec=${Math.max(1, Math.ceil(stopTimeoutMs / 1000))}`,
    `SyslogIdentifier=${logName(place.service, release)}`,
    ...(run.user === undefined ? [] : [`User=${run.user}`]),
    '',
    '[Install]',
    `WantedBy=${run.scope === 'user' ? 'default' : 'multi-user'}.target`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What begins a line of every unit of this service in this root, and of no other unit. */
export function ownLine(place: Place): string {
  return `WorkingDirectory=${baseOf(place)}/releases/`;
}

/** By which the lines of one release are found again in the journal of the machine. */
export function logName(service: string, release: string): string {
  return `${service}-${release}`;
}

function baseOf({ root, service }: Place): string {
  return `${root.startsWith('/') ? '' : '%h/'}${specifier(`${root}/${service}`)}`;
}

/** What a unit cannot say, or would mean something else by. */
function assertRoot(root: string, scope: SystemdRun['scope']): void {
  const isPlain = !/[\p{Cc}\\"']/u.test(root) && !NONCHARACTER.test(root);
  if (isPlain && (scope === 'user' || root.startsWith('/'))) return;
  throw new InvalidInputError(`${JSON.stringify(root)} cannot be the root folder of a ${scope} unit`, {
    remedy: 'Give an absolute path without quotes, backslashes and control characters.',
  });
}
