set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
first_of() { line=; [ -f "$1" ] && { read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null; }
cd './-it'\''s $HOME/api' 2>/dev/null || { reply end; exit 0; }

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

id=1.0.0+a-0123456789ab at='12-34 56'
if [ -f ".sluice/meta/$id/log" ]; then
  [ -f ".sluice/meta/$id/follow" ] || { reply end; exit 0; }
  SLUICE_LINES=10000 SLUICE_CURSOR=$at
  export SLUICE_LINES SLUICE_CURSOR
  verb follow "$id" 0 2>/dev/null | shown "$id" | sed 's/^@ log -- cursor: \(.*\)$/@ at \1/'
  reply end
  exit 0
fi
log=logs/$id.log
size_of() { { wc -c <"$1"; } 2>/dev/null || echo 0; }
mark_of() {
  [ -f "$1" ] || { echo none; return; }
  ls -i "$1" | { read -r inode name; echo "$inode-$(size_of "$1")"; }
}
size=$(size_of "$log")
mark=$(mark_of "$log.1") cut=$log.1
seen=$mark
was=${at%% *} from=${at#* }
if [ "$mark" != "$was" ]; then
  old=$(size_of "$log.1")
  if [ "$old" -gt "$from" ]; then log=$log.1 size=$old mark=$was; else from=0; fi
fi
need=$size
if [ "$size" -lt "$from" ]; then reply shorter; size=$from need=0; fi
count=$((size - from))
[ "$count" -le 262144 ] || count=262144
new() { tail -c "+$((from + 1))" "$log" | head -c "$count"; }
if [ "$count" -gt 0 ] && [ "$(new | tail -n 1 | wc -l)" -eq 0 ]; then
  part=$(new | tail -n 1 | wc -c)
  # A line that is longer than a look is brought in parts.
  if [ "$part" -lt 262144 ]; then
    case $log in *.1) [ "$part" -lt "$count" ] && count=$((count - part)) ;; *) count=$((count - part)) ;; esac
  fi
fi
if [ "$count" -gt 0 ]; then
  new | shown "$id"
  [ "$count" -lt 262144 ] && [ "${log%.1}" = "$log" ] || reply more
fi
reply at "$mark" "$((from + count))"
# What was read while it was cut is not what it seems.
[ "$(mark_of "$cut")" = "$seen" ] && [ "$(size_of "$log")" -ge "$need" ] || reply void
reply end
