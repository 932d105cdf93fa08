set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 077
answer() { printf '@ %s\n%s' "$1" "${2-}"; exit 0; }
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
file='/etc/it'\''s $(id)/sluice-api.conf'
exists() { [ -e "$file" ]; }
try() { said=$("$@" 2>&1) || answer forbidden "$said"; }
# A link stays one: what it leads to is replaced.
if exists; then file=$(readlink -f "$file") || exit 1; fi
lock='/etc/it'\''s $(id)/.sluice-lock'
command -v flock >/dev/null || answer no-flock
said=$( (: >>"$lock") 2>&1) || answer forbidden "$said"
exec 9>>"$lock"
flock -n 9 || answer busy
draft="$file.sluice-draft"
trap 'rm -f "$draft"' EXIT
trap 'exit 1' HUP INT TERM
expect() {
  if exists; then now=$(digest "$file"); else now=none; fi
  [ "$now" = none ] || answer changed
}
write_draft() {
  rm -f "$draft"
  said=$( (cat >"$draft") 2>&1) || answer forbidden "$said"
  [ "$(digest "$draft")" = 770bd8de1836670b79b43b868e9980de41fdfce7d2db79b6094957604b34e86b ] || answer cut
  if exists; then
    owner=$(stat -c %u:%g "$file")
    [ "$(stat -c %u:%g "$draft")" = "$owner" ] || try chown "$owner" "$draft"
    try chmod "$(stat -c %a "$file")" "$draft"
  else
    try chmod 644 "$draft"
  fi
  sync "$draft" 2>/dev/null || sync
}
find_workers() {
  taking= leaving= master= children= titles=
  read -r master 2>/dev/null <'/run/a b.pid' || :
  case $master in
    '' | *[!0-9]*) return ;;
  esac
  if [ -e "/proc/$master/task/$master/children" ]; then
    read -r children <"/proc/$master/task/$master/children" || :
  else
    children=$(grep -ls "^PPid:[[:space:]]*$master\$" /proc/[0-9]*/status | tr -cd '0-9\n')
  fi
  for child in $children; do titles="$titles /proc/$child/cmdline"; done
  [ -n "$titles" ] || return
  ending=$(grep -lsF 'worker process is shutting down' $titles | tr '\n' ' ')
  for title in $(grep -lsF 'nginx: worker process' $titles); do
    case " $ending" in
      *" $title "*) leaving="$leaving $title" ;;
      *) taking="$taking $title" ;;
    esac
  done
}
command -v sudo >/dev/null || answer no-program
old="$file.sluice-before"
restore() {
  if [ -s "$old" ]; then cp -p "$old" "$draft" && mv -f "$draft" "$file"; else rm -f "$file"; fi
}
accepted() { said=$(timeout 20 sudo -n 'nginx; id' -T 2>&1 </dev/null 9>&-); }
included() {
  real=$(readlink -f "$file")
  printf '%s\n' "$said" | sed -n 's/^# configuration file \(.*\):$/\1/p' | {
    while IFS= read -r each; do
      [ "${each##*/}" != "${file##*/}" ] || [ "$(readlink -f "$each")" != "$real" ] || exit 0
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
  said=$(timeout 20 sudo -n 'nginx; id' -s reload 2>&1 </dev/null 9>&-) || return 1
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
esac
