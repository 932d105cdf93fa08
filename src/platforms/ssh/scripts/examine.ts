/** The script of `sluice doctor`: all that a host needs before anything moves, in one look that changes nothing. */
import { tellLease } from './lease.ts';
import { FUNCTIONS, type Place, verbs } from './prelude.ts';
import { quote, quotePath } from './quote.ts';
import { LINGERS, REACH_USER_MANAGER } from './systemd.ts';

/** What the other scripts use, as docs/ssh.md lists it; and `zstd` or `gzip`. */
const TOOLS =
  'tar cp mv ln rm mkdir cat find xargs sort grep sed cut head tail wc dd df readlink date touch sha256sum id';

export interface Needs {
  readonly place: Place;
  /** That the service is to listen on. */
  readonly ports: readonly number[];
  readonly run: RunNeeds;
}

export type RunNeeds =
  | { readonly kind: 'systemd'; readonly scope: 'system' | 'user'; readonly user?: string }
  | { readonly kind: 'detached' }
  | { readonly kind: 'commands' };

export function examineScript({ place, ports, run }: Needs): string {
  return `${FUNCTIONS}
reply now "$(date +%s)"
reply user "$(id -un)"
for tool in ${TOOLS}${run.kind === 'detached' ? ' setsid' : ''}; do
  command -v "$tool" >/dev/null 2>&1 || reply lacks "$tool"
done
for tool in zstd gzip; do
  if command -v "$tool" >/dev/null 2>&1; then reply tool "$tool"; fi
done
${run.kind === 'systemd' ? systemd(run) : ''}
at=${quotePath(`${place.root}/${place.service}`)}
${FOLDER}
cd ${quotePath(`${place.root}/${place.service}`)} 2>/dev/null && [ -d .sluice ] && there=yes || there=
${ports.length === 0 ? '' : portsOf(place, ports)}
[ -n "$there" ] || { reply end; exit 0; }
${tellLease()}
reply end
`;
}

/** Where the folder is not there yet, what counts is the nearest one that it would be made in. */
const FOLDER = `if [ -d "$at" ]; then
  for part in . releases shared logs .sluice .sluice/meta .sluice/run .sluice/incoming; do
    [ ! -d "$at/$part" ] || { [ -w "$at/$part" ] && [ -x "$at/$part" ]; } || { reply closed "$at/$part"; break; }
  done
else
  while [ ! -d "$at" ]; do
    if [ -e "$at" ] || [ -L "$at" ]; then reply blocked "$at"; fi
    at=\${at%/*}
    [ -n "$at" ] || at=/
  done
  { [ -w "$at" ] && [ -x "$at" ]; } || reply closed "$at"
fi
reply free "$(df -Pk "$at" | { read -r heading; read -r a b c free rest; printf '%s' "$free"; })"`;

/** Whether something listens is read from the kernel's own list; whether it is ours, from what we have started. */
function portsOf(place: Place, ports: readonly number[]): string {
  const asked = ports.map((port) => `look_at_port ${port} ${hex(port)}`).join('\n');
  return `${verbs(place.service)}
look_at_port() {
  [ -r /proc/net/tcp ] || { reply port "$1" unknown; return; }
  if ! cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$2 [0-9A-F:]* 0A "; then
    reply port "$1" free
    return
  fi
  for run in .sluice/run/*/; do
    [ -n "$there" ] && first_of "\${run}port" && [ "$line" = "PORT=$1" ] || continue
    slot=\${run#.sluice/run/} slot=\${slot%/}
    first_of "\${run}release" && verb status "$line" "$slot" >/dev/null 2>&1 || continue
    reply port "$1" ours
    return
  done
  reply port "$1" taken
}
${asked}`;
}

/** As the kernel writes it. */
function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function systemd({ scope, user }: Extract<RunNeeds, { kind: 'systemd' }>): string {
  const manager = `if ! systemctl show -p Version >/dev/null 2>&1; then reply systemd absent`;
  if (scope === 'user') {
    return `${REACH_USER_MANAGER}${manager}
elif ! { ${LINGERS}; }; then reply systemd fleeting
elif ! systemctl --user show -p Version >/dev/null 2>&1; then reply systemd unreachable
else reply systemd usable; fi`;
  }
  const account =
    user === undefined ? '' : `elif ! id -u ${quote(user)} >/dev/null 2>&1; then reply systemd stranger\n`;
  return `${manager}
elif [ "$(id -u)" -ne 0 ]; then reply systemd powerless
${account}else reply systemd usable; fi`;
}
