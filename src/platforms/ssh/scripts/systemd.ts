/**
 * How a release is started, stopped and asked where systemd runs it. Each slot has a unit, `<service>.service` or
 * `<service>-<slot>.service`; it is there for as long as the release is to run. What is said to a manager of
 * systemd is said without the environment of the service, which could mean another program or another manager.
 */
import { quote } from './quote.ts';
import { logName, ownLine, type UnitOrder, unitText } from './systemd-unit.ts';

/** What `status` asks for, by the names that systemd gives it. */
const FACTS = 'ActiveState,SubState,NRestarts,MainPID,ExecMainCode,ExecMainStatus';

/** @throws InvalidInputError when the root, or a word of the command, cannot be in a unit */
export function systemdCommands(order: UnitOrder): Record<string, string> {
  const { run, slots, place, release } = order;
  const user = run.scope === 'user';
  const systemctl = `systemctl --no-ask-password${user ? ' --user' : ''}`;
  const numbers = Array.from({ length: slots }, (_, index) => index + 1);
  const folder = user ? `"\${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"` : '/etc/systemd/system';
  const named = `${user ? REACH_USER_MANAGER : ''}units=${folder}
case $SLUICE_SLOT in
${numbers.map((slot) => `  ${slot}) unit=${quote(unitName(place.service, slot, slots))} ;;\n`).join('')}  *) exit 1 ;;
esac
`;
  const journal = `exec journalctl -q --no-pager -o cat -n "$SLUICE_LINES"`;
  const lines = `${user ? '_UID="$(id -u)" ' : ''}-t ${quote(logName(place.service, release))}\n`;
  return {
    ...Object.fromEntries(numbers.map((slot) => [`unit.${slot}`, unitText(order, slot)])),
    start: `${named}${user ? REFUSE_FLEETING : ''}${refuseForeign(systemctl, ownLine(place))}
mkdir -p "$units" &&
  cp "$SLUICE_META/unit.$SLUICE_SLOT" "$units/.$unit.$$" &&
  mv -f "$units/.$unit.$$" "$units/$unit" &&
  ${systemctl} enable --quiet "$unit" || exit
# Enabling it made systemd read it.
${systemctl} reset-failed "$unit" 2>/dev/null
${systemctl} restart "$unit" && exit
# A program that ends at once may do so before systemd knows that it began: that is for whoever looks at it. From 200
# on the codes are systemd's own, of what never became the program.
case $(${systemctl} show -p ExecMainCode,ExecMainStatus "$unit") in
  *ExecMainCode=0* | *ExecMainStatus=2[0-4][0-9]*) ;;
  *) exit 0 ;;
esac
# What systemd has to say of it is in the journal alone, and there a moment later.
invocation=$(${systemctl} show -p InvocationID --value "$unit")
why= tries=0
while [ -z "$why" ] && [ "$tries" -lt 10 ]; do
  why=$(journalctl -q --no-pager -o cat -n 3 -p err ${user ? 'USER_' : ''}INVOCATION_ID="$invocation")
  tries=$((tries + 1))
  sleep 0.1 2>/dev/null || sleep 1
done
[ -z "$why" ] || printf '%s\\n' "$why"
exit 1
`,
    // Disabled first: what takes long is then not between the end of this release and the start of the next.
    stop: `${named}${systemctl} disable --quiet "$unit"
${systemctl} stop "$unit" || [ $? -eq 5 ] || exit 1
${systemctl} reset-failed "$unit" 2>/dev/null
rm -f "$units/$unit"
`,
    status: `${named}facts=$(${systemctl} show -p ${FACTS} "$unit") || exit 4
printf '%s\\n' "$facts"
case $facts in *ActiveState=active* | *ActiveState=activating* | *ActiveState=reloading*) exit 0 ;; esac
exit 3
`,
    follow: `${journal} --show-cursor \${SLUICE_CURSOR:+"--after-cursor=$SLUICE_CURSOR"} ${lines}`,
    log: `${journal} ${lines}`,
  };
}

function unitName(service: string, slot: number, slots: number): string {
  return slots === 1 ? `${service}.service` : `${service}-${slot}.service`;
}

/** A login without a session of its own may lack it. */
export const REACH_USER_MANAGER = `: "\${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
`;

/** Of a condition: the manager of whoever logs in goes on without a login. */
export const LINGERS = `[ -e "/var/lib/systemd/linger/$(id -un)" ] ||
  [ "$(loginctl show-user -p Linger --value "$(id -un)" 2>/dev/null)" = yes ]`;

const REFUSE_FLEETING = `{ ${LINGERS}; } || {
  echo "What $(id -un) runs ends with the login: on the host, as root: loginctl enable-linger $(id -un)"
  exit 1
}
`;

/** A unit of that name may be of the machine, of another service, or of this one in another root. */
function refuseForeign(systemctl: string, own: string): string {
  return `there=$(${systemctl} show -p FragmentPath --value "$unit") || exit
if [ -e "$there" ] && ! grep -qF -e ${quote(own)} "$there"; then
  echo "There is a unit $unit already that is not of this service: $there. Give the service another name, or remove the unit."
  exit 1
fi`;
}
