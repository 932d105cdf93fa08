/**
 * Units of systemd. Each slot has one, `<service>.service` or `<service>-<slot>.service`; it names the folder of
 * its release and not `current`, so that a service that is restarted after a crash, or after a reboot, is the
 * release that was activated.
 */
import { InvalidInputError } from '../../../errors.ts';
import type { SshRun } from '../ssh-release.ts';
import { quote } from './quote.ts';
import type { RunOrder } from './run-order.ts';

type SystemdRun = Extract<SshRun, { kind: 'systemd' }>;

interface UnitOrder extends Omit<RunOrder, 'run'> {
  readonly run: SystemdRun;
}

/** What `status` asks for, by the names that systemd gives it. */
const FACTS = 'ActiveState,SubState,NRestarts,MainPID,ExecMainCode,ExecMainStatus';

/** @throws InvalidInputError when the root, or a word of the command, cannot be in a unit */
export function systemdCommands(order: UnitOrder): Record<string, string> {
  const { run, slots, place } = order;
  assertRoot(place.root, run.scope);
  const user = run.scope === 'user';
  const systemctl = user ? 'systemctl --user' : 'systemctl';
  const numbers = Array.from({ length: slots }, (_, index) => index + 1);
  const named = `${user ? REACH_USER_MANAGER : ''}case $SLUICE_SLOT in
${numbers.map((slot) => `  ${slot}) unit=${quote(unitName(order.place.service, slot, slots))} ;;\n`).join('')}  *) exit 1 ;;
esac
`;
  const folder = user ? `"\${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"` : '/etc/systemd/system';
  const units = numbers.map((slot) => [`unit.${slot}`, unitText(order, slot)] as const);
  return {
    ...Object.fromEntries(units),
    start: `${named}units=${folder}
mkdir -p "$units" &&
  cp "$SLUICE_META/unit.$SLUICE_SLOT" "$units/.$unit.$$" &&
  mv -f "$units/.$unit.$$" "$units/$unit" &&
  ${systemctl} daemon-reload &&
  { ${systemctl} reset-failed "$unit" 2>/dev/null || :; } &&
  ${systemctl} enable --quiet "$unit" &&
  exec ${systemctl} restart "$unit"
`,
    stop: `${named}${systemctl} disable --quiet "$unit"
exec ${systemctl} stop "$unit"
`,
    status: `${named}${systemctl} show -p ${FACTS} "$unit"
state=$(${systemctl} show -p ActiveState --value "$unit")
case $state in active | activating | reloading) exit 0 ;; esac
exit 3
`,
    follow: `${user ? REACH_USER_MANAGER : ''}exec journalctl ${user ? '--user ' : ''}-q --no-pager -o cat --show-cursor -n "$SLUICE_LINES" \\
  \${SLUICE_CURSOR:+"--after-cursor=$SLUICE_CURSOR"} -t ${quote(logName(place.service, order.release))}
`,
    log: `${user ? REACH_USER_MANAGER : ''}exec journalctl ${user ? '--user ' : ''}-q --no-pager -o cat -n "$SLUICE_LINES" -t ${quote(logName(place.service, order.release))}
`,
  };
}

function unitText({ place, release, run, stopTimeoutMs }: UnitOrder, slot: number): string {
  const home = place.root.startsWith('/') ? '' : '%h/';
  const base = `${home}${specifier(`${place.root}/${place.service}`)}`;
  const lines = [
    '[Unit]',
    `Description=${place.service} ${release}`,
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `WorkingDirectory=${base}/releases/${release}`,
    `EnvironmentFile=${base}/.sluice/meta/${release}/environment`,
    `EnvironmentFile=-${base}/.sluice/run/${slot}/port`,
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

function unitName(service: string, slot: number, slots: number): string {
  return slots === 1 ? `${service}.service` : `${service}-${slot}.service`;
}

/** By which the lines of one release are found again in the journal of the machine. */
function logName(service: string, release: string): string {
  return `${service}-${release}`;
}

/** What a unit cannot say, or would mean something else by. */
function assertRoot(root: string, scope: SystemdRun['scope']): void {
  if (!/[\p{Cc}\\]/u.test(root) && (scope === 'user' || root.startsWith('/'))) return;
  throw new InvalidInputError(`${JSON.stringify(root)} cannot be the root folder of a ${scope} unit`, {
    remedy: 'Give an absolute path without backslashes and control characters.',
  });
}

/** A login without a session of its own may lack it. */
export const REACH_USER_MANAGER = `: "\${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
`;

/** A program that is named with a slash is one of the release; one without is looked for in the usual places. */
function execStart(argv: readonly string[], folder: string): string {
  const [program = '', ...rest] = argv;
  const where = program.includes('/') && !program.startsWith('/') ? `${folder}/${specifier(program)}` : null;
  const first = where === null ? word(program) : `"${where.replace(/["\\]/g, '\\$&')}"`;
  // `:` takes the meaning of `$` away from the program's arguments.
  return `:${[first, ...rest.map(word)].join(' ')}`;
}

/** In quotes as systemd reads them. */
function word(text: string): string {
  const escaped = specifier(text)
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  if (!/\p{Cc}/u.test(escaped)) return `"${escaped}"`;
  throw new InvalidInputError(`${JSON.stringify(text)} cannot be in the command of a unit`, {
    remedy: 'Leave out the control characters, or start the service by a script of the release.',
  });
}

function specifier(text: string): string {
  return text.replaceAll('%', '%%');
}
