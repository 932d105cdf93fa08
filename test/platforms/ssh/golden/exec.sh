set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
first_of() { line=; [ -f "$1" ] && { read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null; }
cd './-it'\''s $HOME/api' 2>/dev/null || refuse undeployed
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

id=$(readlink current) || refuse undeployed
id=${id##*/}
slot_of "$id"
enter "$id" "${slot:-0}" || refuse folder
reply begin
exec ls -l 'it'\''s $HOME' </dev/null
