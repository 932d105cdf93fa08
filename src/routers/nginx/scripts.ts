/** The scripts that run on the machine of nginx, beside those of `config-text.ts`. Pure. */
import { commandWords, pathWord, word } from '../shell-words.ts';

export interface NginxCommands {
  /** Such as `['nginx']`, or `['sudo', '-n', 'nginx', '-c', '/srv/nginx.conf']`. */
  readonly nginx: readonly string[];
  /** Makes nginx read its config anew. */
  readonly reload: readonly string[];
  /** Where the process id of its master is. */
  readonly pidFile: string;
}

/** Sets `$taking` and `$leaving`: workers that take new connections, and those that only finish what they have. */
function findWorkers(pidFile: string): string {
  return `find_workers() {
  taking= leaving= master= children= titles=
  read -r master 2>/dev/null <${pathWord(pidFile)} || :
  case $master in
    '' | *[!0-9]*) return ;;
  esac
  if [ -e "/proc/$master/task/$master/children" ]; then
    read -r children <"/proc/$master/task/$master/children" || :
  else
    children=$(grep -ls "^PPid:[[:space:]]*$master\\$" /proc/[0-9]*/status | tr -cd '0-9\\n')
  fi
  for child in $children; do titles="$titles /proc/$child/cmdline"; done
  [ -n "$titles" ] || return
  ending=$(grep -lsF 'worker process is shutting down' $titles | tr '\\n' ' ')
  for title in $(grep -lsF 'nginx: worker process' $titles); do
    case " $ending" in
      *" $title "*) leaving="$leaving $title" ;;
      *) taking="$taking $title" ;;
    esac
  done
}`;
}

/**
 * Puts the draft in its place, has nginx test the whole config, and reloads it; resolves when the workers with the old
 * config take no new connections. Until then the old file is kept: whoever comes after one that was killed here begins
 * with putting it back. Where that is empty there was none.
 */
export function installScript({ nginx, reload, pidFile }: NginxCommands): string {
  return `${findWorkers(pidFile)}
command -v ${word(nginx[0] ?? '')} >/dev/null || answer no-program
old="$file.sluice-before"
restore() {
  if [ -s "$old" ]; then cp -p "$old" "$draft" && mv -f "$draft" "$file"; else rm -f "$file"; fi
}
accepted() { said=$(timeout 20 ${commandWords(nginx)} -T 2>&1 </dev/null 9>&-); }
included() {
  real=$(readlink -f "$file")
  printf '%s\\n' "$said" | sed -n 's/^# configuration file \\(.*\\):$/\\1/p' | {
    while IFS= read -r each; do
      [ "\${each##*/}" != "\${file##*/}" ] || [ "$(readlink -f "$each")" != "$real" ] || exit 0
    done
    exit 1
  }
}
taken() {
  find_workers
  [ -n "$taking" ] || return 1
  for each in $taking; do
    case " $before " in *" $each "*) return 1 ;; esac
  done
}
reload() {
  find_workers
  before=$taking
  said=$(timeout 20 ${commandWords(reload)} 2>&1 </dev/null 9>&-) || return 1
  left=200
  until taken; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 2
    sleep 0.05
  done
}
if [ -e "$old" ]; then
  restore
  accepted || answer refused "$said"
  reload || answer not-reloaded "$said"
  rm -f "$old"
fi
expect
write_draft
# Whole or not there: whoever finds it puts it back.
if exists; then try cp -p "$file" "$old.part"; else : >"$old.part"; fi
try mv -f "$old.part" "$old"
try mv -f "$draft" "$file"
accepted || { restore; rm -f "$old"; answer refused "$said"; }
included || { restore; rm -f "$old"; answer not-included; }
reload
case $? in
  0) rm -f "$old"; answer done ;;
  1) restore; rm -f "$old"; answer not-reloaded "$said" ;;
  *) restore; answer not-taken ;;
esac`;
}

/** Where only comments changed nginx need not hear of it. */
export const INSTALL_COMMENTS = `expect
write_draft
try mv -f "$draft" "$file"
answer done`;

/**
 * `looked`, a line `leaving` where workers are, the users of all workers, and those of the open connections of this
 * machine that go to one of the places.
 * @param places as the system has them: `0100007F:1F90`
 */
export function lookScript({ pidFile }: NginxCommands, places: readonly string[]): string {
  const wanted = places.map((place) => `-e ' ${place} 01 '`).join(' ');
  return `${findWorkers(pidFile)}
find_workers
[ -n "$taking" ] || answer no-nginx
printf '@ looked\\n'
[ -z "$leaving" ] || echo leaving
states=
for title in $taking $leaving; do states="$states \${title%cmdline}status"; done
grep -hs '^Uid:' $states
grep -hsF ${wanted} /proc/net/tcp /proc/net/tcp6
exit 0`;
}
