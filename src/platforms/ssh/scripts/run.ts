/** The scripts that make a staged release run, stop it, look at it, and delete it. */
import { endLease, type HostLease } from './lease.ts';
import { cutLog } from './logs.ts';
import { CLEAR_INCOMING, changing, looking, type Place, verbs } from './prelude.ts';
import { quote } from './quote.ts';

/** Of what was staged by an older Sluice. */
const DEFAULT_STOP_SECONDS = 10;

export interface RunPlace extends Place {
  /** A slot each, the first is slot 1; two of them let two releases run side by side. None: one slot, no port. */
  readonly ports: readonly number[];
}

function slotNumbers({ ports }: RunPlace): string {
  return Array.from({ length: Math.max(1, ports.length) }, (_, index) => String(index + 1)).join(' ');
}

/** Looks, when it has, as `inspectScript` does. Starts the release in its slot, or in a free one; where there is one slot, in the place of what has it. */
export function activateScript(
  place: RunPlace,
  release: string,
  lease: HostLease | null,
  logLines: number,
): string {
  return `${changing(place, lease)}
${verbs(place.service)}
${lookAround(logLines)}
id=${quote(release)}
[ -d "releases/$id" ] && [ -d ".sluice/meta/$id" ] || refuse unstaged
point() {
  ln -sfn "releases/$id" ".sluice/current.$$" && mv -fT ".sluice/current.$$" current || refuse folder
}
old= how=start
slot_of "$id"
if [ -n "$slot" ]; then
  if verb status "$id" "$slot" >/dev/null 2>&1; then point; look_around; reply end; exit 0; fi
else
  for s in ${slotNumbers(place)}; do
    [ -f ".sluice/run/$s/release" ] || { slot=$s; break; }
  done
fi
if [ -z "$slot" ]; then
${place.ports.length > 1 ? REUSE_ENDED : REPLACE}
fi
[ -d ".sluice/run/$slot" ] || mkdir ".sluice/run/$slot" || refuse folder
[ "$how" = restart ] || rm -f ".sluice/run/$slot/exit" ".sluice/run/$slot/pid"
${givePort(place)}
date +%s >".sluice/run/$slot/since" && printf '%s\\n' "$id" >".sluice/run/$slot/release.new" &&
  mv -f ".sluice/run/$slot/release.new" ".sluice/run/$slot/release" || refuse folder
point
(umask 077 && : >>"logs/$id.log") || refuse folder
verb "$how" "$id" "$slot" >>"logs/$id.log" 2>&1
code=$?
if [ "$code" -ne 0 ]; then
  log_of "$id" 15
  # What was printed by the command itself, where the log is elsewhere.
  [ ! -f ".sluice/meta/$id/log" ] || tail -n 5 "logs/$id.log" | shown "$id"
  refuse "$how" "$code"
fi
look_around
reply end
`;
}

/** Kept beside the instance: it listens there for as long as it runs, also when the config has other ports. */
function givePort({ ports }: RunPlace): string {
  if (ports.length === 0) return '[ ! -f ".sluice/run/$slot/port" ] || rm -f ".sluice/run/$slot/port"';
  const cases = ports.map((port, index) => `  ${index + 1}) port=${port} ;;\n`).join('');
  return `port=
case $slot in
${cases}esac
printf 'PORT=%s\\n' "$port" >".sluice/run/$slot/port" || refuse folder`;
}

/** With one slot the release takes the place of the other: by `restart` where the user gave it. */
const REPLACE = `  slot=1
  first_of .sluice/run/1/release
  old=$line
  if [ -f ".sluice/meta/$id/restart" ]; then
    how=restart
  else
    ${stopIn('"$old"', '"$slot"')}
  fi`;

/** With two, what has ended by itself makes room; what runs does not. */
const REUSE_ENDED = `  for s in .sluice/run/*/; do
    s=\${s%/} s=\${s##*/}
    first_of ".sluice/run/$s/release"
    old=$line
    verb status "$old" "$s" >/dev/null 2>&1 && continue
    slot=$s
    ${stopIn('"$old"', '"$slot"')}
    break
  done
  [ -n "$slot" ] || refuse full`;

/** A `stop` that ends before the service has is waited for; one that failed is not. */
function stopIn(release: string, slot: string): string {
  return `said=$(verb stop ${release} ${slot} 2>&1)
    code=$?
    patience=$(cat .sluice/meta/${release}/stop-seconds 2>/dev/null || echo ${DEFAULT_STOP_SECONDS})
    until=$(($(date +%s) + patience))
    while verb status ${release} ${slot} >/dev/null 2>&1; do
      if [ "$code" -ne 0 ] || [ "$(date +%s)" -gt "$until" ]; then
        printf '%s\\n' "$said" | tail -n 15 | hidden ${release} | sed 's/^/@ log /'
        [ "$code" -ne 0 ] || refuse lingers "$patience"
        refuse stop "$code"
      fi
      sleep 0.1 2>/dev/null || sleep 1
    done
    rm -rf .sluice/run/${slot}`;
}

/**
 * Stops the release, wherever it runs; done when its own `status` no longer says that it does. Where it was activated last,
 * `current` goes back to what runs beside it.
 */
export function stopScript(place: RunPlace, release: string, lease: HostLease | null): string {
  return `${changing(place, lease)}
${verbs(place.service)}
id=${quote(release)}
slot_of "$id"
if [ -n "$slot" ] && [ -d "releases/$id" ]; then
    ${stopIn('"$id"', '"$slot"')}
fi
if [ "$(readlink current 2>/dev/null)" = "releases/$id" ]; then
  for other in .sluice/run/*/; do
    first_of "\${other}release" && [ "$line" != "$id" ] && [ -d "releases/$line" ] || continue
    ln -sfn "releases/$line" ".sluice/current.$$" && mv -fT ".sluice/current.$$" current || refuse folder
    break
  done
fi
reply end
`;
}

/**
 * Deletes what killed uploads have left, and the releases that are not in `keep`, do not run, and are not the one that
 * was activated last.
 */
export function pruneScript(place: Place, keep: readonly string[], lease: HostLease | null): string {
  return `${changing(place, lease)}
keep=${quote(` ${keep.join(' ')} `)}
current=$(readlink current 2>/dev/null)
keep="$keep\${current##*/} "
for run in .sluice/run/*/; do
  first_of "\${run}release" && keep="$keep$line "
done
for old in releases/*/; do
  id=\${old#releases/} id=\${id%/}
  [ -d "releases/$id" ] || continue
  case $keep in *" $id "*) continue ;; esac
  mv -T "releases/$id" ".sluice/incoming/$id.pruned.$$" || refuse folder
  rm -rf ".sluice/incoming/$id.pruned.$$" ".sluice/meta/$id" "logs/$id.log" "logs/$id.log.1"
done
${CLEAR_INCOMING}
reply end
`;
}

/** Every slot that is taken, what its release's own `status` says, and how it ended if it did; then `more`. */
export function inspectScript(place: RunPlace, logLines: number, more = ''): string {
  return `${looking(place)}
${verbs(place.service)}
${lookAround(logLines)}
look_around
${more}reply end
`;
}

/** The function `look_around`: which releases are there, and what is in each slot. */
function lookAround(logLines: number): string {
  return `${cutLog()}
look_around() {
for meta in .sluice/meta/*/; do
  id=\${meta#.sluice/meta/} id=\${id%/}
  [ -d "releases/$id" ] && [ -f "\${meta}digest" ] && reply staged "$id"
done
for run in .sluice/run/*/; do
  first_of "\${run}release" || continue
  slot=\${run#.sluice/run/} slot=\${slot%/}
  id=$line
  first_of "\${run}since"
  reply instance "$slot" "$id" "$line"
  [ ! -f "logs/$id.log" ] || cut_log "logs/$id.log"
  said=$(verb status "$id" "$slot" 2>&1)
  code=$?
  reply status "$code"
  [ -z "$said" ] || printf '%s\\n' "$said" | sed 's/^/@ said /'
  for fact in pid exit; do
    first_of "$run$fact" && reply "$fact" "$line"
  done
  port_of "$slot"
  reply port "$port"
  # Also of one that systemd had to start again.
  case $code$said in 0*NRestarts=[1-9]* | 0*SubState=auto-restart* | [!0]*) log_of "$id" ${logLines} ;; esac
done
}`;
}

/** Lets the lease expire at once: nothing more is to be done here. */
export function leaveScript(place: Place, lease: HostLease): string {
  return `${looking(place)}
${endLease(lease)}
reply end
`;
}
