/**
 * What every script begins with. All of them work in the service's folder, `<root>/<service>`, where there are
 *
 *   releases/<release>/     the files of a release; it is there when it is whole, or not at all
 *   current                 a link to the release that was activated last
 *   shared/                 files and folders that outlive releases; releases have links to them
 *   logs/<release>.log      what the start command printed
 *   .sluice/meta/<release>/ its manifest, its environment (0600), and how it is started and stopped
 *   .sluice/run/<slot>/     which release has this slot, its `port`, and what its commands leave there
 *   .sluice/incoming/       what is on its way; what is left of killed uploads is cleared
 *   .sluice/lease.<n>       who deploys here now
 *
 * A process costs a host more than all else in a script: what the shell can do by itself is left to it.
 *
 * An answer is lines that begin with `@ `; all else that a host prints (a greeting, a warning) is passed over.
 */
import { type HostLease, takeLease } from './lease.ts';
import { quote, quotePath } from './quote.ts';

export interface Place {
  /** On the host: absolute, or from the folder that a login begins in. */
  readonly root: string;
  readonly service: string;
}

/** A service may print without end, and without ever ending its line. */
const MOST_LOG_BYTES = 1_000_000;
const LONGEST_LINE = 4096;

export const FUNCTIONS = `set -u
umask 022
reply() { printf '@ %s\\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
first_of() { line=; [ -f "$1" ] && { read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null; }`;

/** The beginning of a script that changes something. */
export function changing(place: Place, lease: HostLease | null): string {
  const folder = quotePath(`${place.root}/${place.service}`);
  return `${FUNCTIONS}
[ -d ${folder} ] || mkdir -p ${folder} || refuse folder
cd ${folder} || refuse folder
for need in releases shared logs .sluice/meta .sluice/run; do
  [ -d "$need" ] || mkdir -p "$need" || refuse folder
done
[ -d .sluice/incoming ] || (umask 077 && mkdir -p .sluice/incoming) || refuse folder
${takeLease(lease)}`;
}

/** Deletes what killed uploads have left; what is on its way has a process. */
export const CLEAR_INCOMING = `for incoming in .sluice/incoming/*/; do
  [ -d "$incoming" ] || continue
  first_of "\${incoming}pid"
  pid=$line
  case $pid in '' | *[!0-9]*) ;; *)
    if kill -0 "$pid" 2>/dev/null || [ -d "/proc/$pid" ]; then continue; fi ;;
  esac
  rm -rf "$incoming"
done`;

/** The beginning of a script that only looks. Where there is no folder there is nothing to see. */
export function looking(place: Place): string {
  return `${FUNCTIONS}
cd ${quotePath(`${place.root}/${place.service}`)} 2>/dev/null || { reply end; exit 0; }
`;
}

/**
 * `enter RELEASE SLOT` goes where a release is, as a process of the service would.
 * `verb NAME RELEASE SLOT` runs one of the commands that were staged with a release: in its folder, with its
 * environment and the port that `activate` gave it, whatever the config says by now. No variable of a service
 * can begin with `SLUICE_`: those are safe here. The commands that speak with systemd have no environment of the service.
 * `shown RELEASE` answers with the lines of its log that come in, none of them very long and each with an end.
 * `hidden RELEASE` is a filter: what a service printed, without its secrets, whose values are in no command line.
 */
export function verbs(service: string): string {
  return `cd -P . || refuse folder
home=$PWD
port_of() { first_of "$home/.sluice/run/$1/port" && port=\${line#PORT=} || port=; }
go_to() {
  SLUICE_RUN=$home/.sluice/run/$2 SLUICE_SLOT=$2 SLUICE_META=$home/.sluice/meta/$1
  export SLUICE_RUN SLUICE_SLOT SLUICE_META
  cd "$home/releases/$1"
}
enter() {
  port_of "$2"
  SLUICE_PORT=$port
  go_to "$1" "$2" || return 1
  set -a
  . "$SLUICE_META/environment"
  SLUICE_SERVICE=${quote(service)} SLUICE_RELEASE=$1
  [ -z "$SLUICE_PORT" ] || PORT=$SLUICE_PORT
  set +a
}
verb() (
  first_of "$home/.sluice/meta/$2/kind"
  if [ "$line" = systemd ]; then go_to "$2" "$3"; else enter "$2" "$3"; fi || exit 127
  exec </dev/null
  set +u
  . "$SLUICE_META/$1"
)
log_of() {
  if [ -f ".sluice/meta/$1/log" ]; then
    SLUICE_LINES=$2
    export SLUICE_LINES
    verb log "$1" 0 2>/dev/null
  else
    { [ ! -f "logs/$1.log.1" ] || tail -c ${MOST_LOG_BYTES} "logs/$1.log.1"
      tail -c ${MOST_LOG_BYTES} "logs/$1.log"; } 2>/dev/null | tail -n "$2"
  fi | shown "$1"
}
shown() { hidden "$1" | cut -b -${LONGEST_LINE} | sed 's/^/@ log /'; }
hidden() {
  [ -r ".sluice/meta/$1/environment" ] || return 0
  { sed -n 's/^#hide //p' ".sluice/meta/$1/environment" | LC_ALL=C sed -f /dev/stdin /dev/fd/3; } 3<&0
}
slot_of() {
  for s_run in .sluice/run/*/; do
    first_of "\${s_run}release" && [ "$line" = "$1" ] || continue
    s_run=\${s_run%/}
    slot=\${s_run##*/}
    return 0
  done
  slot=
}
`;
}
