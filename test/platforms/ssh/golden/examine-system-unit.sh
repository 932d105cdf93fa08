set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
first_of() { line=; [ -f "$1" ] && { read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null; }
reply now "$(date +%s)"
reply user "$(id -un)"
for tool in tar cp mv ln rm mkdir cat find xargs sort grep sed cut head tail wc dd df readlink date touch sha256sum id; do
  command -v "$tool" >/dev/null 2>&1 || reply lacks "$tool"
done
for tool in zstd gzip; do
  if command -v "$tool" >/dev/null 2>&1; then reply tool "$tool"; fi
done
if ! systemctl show -p Version >/dev/null 2>&1; then reply systemd absent
elif [ "$(id -u)" -ne 0 ]; then reply systemd powerless
elif ! id -u www-data >/dev/null 2>&1; then reply systemd stranger
else reply systemd usable; fi
at='./-it'\''s $HOME/api'
if [ -d "$at" ]; then
  for part in . releases shared logs .sluice .sluice/meta .sluice/run .sluice/incoming; do
    [ ! -d "$at/$part" ] || { [ -w "$at/$part" ] && [ -x "$at/$part" ]; } || { reply closed "$at/$part"; break; }
  done
else
  while [ ! -d "$at" ]; do
    if [ -e "$at" ] || [ -L "$at" ]; then reply blocked "$at"; fi
    at=${at%/*}
    [ -n "$at" ] || at=/
  done
  { [ -w "$at" ] && [ -x "$at" ]; } || reply closed "$at"
fi
reply free "$(df -Pk "$at" | { read -r heading; read -r a b c free rest; printf '%s' "$free"; })"
cd './-it'\''s $HOME/api' 2>/dev/null && [ -d .sluice ] && there=yes || there=

[ -n "$there" ] || { reply end; exit 0; }
lease_read() {
  l_n=0 l_authority= l_epoch=0 l_since=0 l_until=0 l_who= l_doing=
  for l_file in .sluice/lease.*; do
    l_i=${l_file##*.}
    case $l_i in '*' | *[!0-9]*) continue ;; esac
    [ "$l_i" -gt "$l_n" ] && l_n=$l_i
  done
  [ "$l_n" -gt 0 ] || return 0
  { read -r l_authority; read -r l_epoch; read -r l_since; read -r l_until; read -r l_who; read -r l_doing; } \
    <".sluice/lease.$l_n" 2>/dev/null
}
lease_tell() { reply who "$l_who"; reply doing "$l_doing"; reply until "$l_until"; }
lease_take() {
  l_tries=0
  while :; do
    lease_read
    l_now=$(date +%s)
    if [ "$l_n" -gt 0 ] && [ "$l_authority" = "$1" ]; then
      if [ "$2" -lt "$l_epoch" ] && [ "$3" -le "$l_since" ]; then
        lease_tell; refuse fenced "$l_since"
      fi
      # It holds for a good while yet: nothing to renew.
      if [ "$2 $3" = "$l_epoch $l_since" ] && [ "$((l_now + $4 / 2))" -lt "$l_until" ]; then return 0; fi
    elif [ "$l_n" -gt 0 ] && [ "$l_now" -lt "$l_until" ]; then
      lease_tell; refuse held "$l_since"
    fi
    l_next=$((l_n + 1))
    printf '%s\n' "$1" "$2" "$3" "$((l_now + $4))" "$5" "$6" >".sluice/taking.$$" || refuse folder
    if ln ".sluice/taking.$$" ".sluice/lease.$l_next" 2>/dev/null; then
      lease_read
      if [ "$l_n" -eq "$l_next" ]; then
        set --
        for l_file in .sluice/lease.*; do
          l_i=${l_file##*.}
          case $l_i in *[!0-9]*) continue ;; esac
          [ "$l_i" -lt "$l_next" ] && set -- "$@" "$l_file"
        done
        rm -f ".sluice/taking.$$" "$@"
        return 0
      fi
      rm -f ".sluice/lease.$l_next"
    fi
    rm -f ".sluice/taking.$$"
    l_tries=$((l_tries + 1))
    [ "$l_tries" -lt 50 ] || refuse folder
  done
}
lease_read
if [ "$l_n" -gt 0 ] && [ "$(date +%s)" -lt "$l_until" ]; then
  reply lease "$l_authority"; reply since "$l_since"; lease_tell
fi
reply end
