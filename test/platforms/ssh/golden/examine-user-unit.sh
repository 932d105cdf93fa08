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
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
if ! systemctl show -p Version >/dev/null 2>&1; then reply systemd absent
elif ! { [ -e "/var/lib/systemd/linger/$(id -un)" ] ||
  [ "$(loginctl show-user -p Linger --value "$(id -un)" 2>/dev/null)" = yes ]; }; then reply systemd fleeting
elif ! systemctl --user show -p Version >/dev/null 2>&1; then reply systemd unreachable
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
cd -P . || refuse folder
home=$PWD
port_of() { first_of "$home/.sluice/run/$1/port" && port=${line#PORT=} || port=; }
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
  SLUICE_SERVICE=api SLUICE_RELEASE=$1
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
    { [ ! -f "logs/$1.log.1" ] || tail -c 1000000 "logs/$1.log.1"
      tail -c 1000000 "logs/$1.log"; } 2>/dev/null | tail -n "$2"
  fi | shown "$1"
}
shown() { hidden "$1" | cut -b -4096 | sed 's/^/@ log /'; }
hidden() {
  [ -r ".sluice/meta/$1/environment" ] || return 0
  { sed -n 's/^#hide //p' ".sluice/meta/$1/environment" | LC_ALL=C sed -f /dev/stdin /dev/fd/3; } 3<&0
}
slot_of() {
  for s_run in .sluice/run/*/; do
    first_of "${s_run}release" && [ "$line" = "$1" ] || continue
    s_run=${s_run%/}
    slot=${s_run##*/}
    return 0
  done
  slot=
}

look_at_port() {
  [ -r /proc/net/tcp ] || { reply port "$1" unknown; return; }
  if ! cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$2 [0-9A-F:]* 0A "; then
    reply port "$1" free
    return
  fi
  for run in .sluice/run/*/; do
    [ -n "$there" ] && first_of "${run}port" && [ "$line" = "PORT=$1" ] || continue
    slot=${run#.sluice/run/} slot=${slot%/}
    first_of "${run}release" && verb status "$line" "$slot" >/dev/null 2>&1 || continue
    reply port "$1" ours
    return
  done
  reply port "$1" taken
}
look_at_port 80 0050
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
