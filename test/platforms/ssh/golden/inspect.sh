set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
cd './-it'\''s $HOME/api' 2>/dev/null || { reply end; exit 0; }

home=$(pwd -P)
verb() (
  SLUICE_RUN=$home/.sluice/run/$3 SLUICE_SLOT=$3 SLUICE_META=$home/.sluice/meta/$2 SLUICE_PORT=
  case $3 in
    1) SLUICE_PORT=8081 ;;
    2) SLUICE_PORT=8082 ;;
    *) ;;
  esac
  cd "$home/releases/$2" || exit 127
  set -a
  . "$SLUICE_META/environment"
  SLUICE_SERVICE=api SLUICE_RELEASE=$2
  [ -z "$SLUICE_PORT" ] || PORT=$SLUICE_PORT
  set +a
  export SLUICE_RUN SLUICE_SLOT SLUICE_META
  exec sh "$SLUICE_META/$1" </dev/null
)
log_of() {
  if [ -f ".sluice/meta/$1/log" ]; then
    SLUICE_LINES=$2
    export SLUICE_LINES
    verb log "$1" 0 2>/dev/null
  else
    tail -n "$2" "logs/$1.log" 2>/dev/null
  fi | hidden "$1" | sed 's/^/@ log /'
}
hidden() {
  [ -r ".sluice/meta/$1/environment" ] || return 0
  { sed -n 's/^#hide //p' ".sluice/meta/$1/environment" | LC_ALL=C sed -f /dev/stdin /dev/fd/3; } 3<&0
}
slot_of() {
  for s_run in .sluice/run/*/; do
    [ -f "${s_run}release" ] || continue
    [ "$(cat "${s_run}release")" = "$1" ] || continue
    s_run=${s_run%/}
    printf '%s' "${s_run##*/}"
    return 0
  done
}

for run in .sluice/run/*/; do
  [ -f "${run}release" ] || continue
  slot=${run#.sluice/run/} slot=${slot%/}
  id=$(cat "${run}release")
  reply instance "$slot" "$id" "$(cat "${run}since" 2>/dev/null)"
  said=$(verb status "$id" "$slot" 2>&1)
  code=$?
  reply status "$code"
  [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/@ said /'
  for fact in pid exit; do
    [ -f "$run$fact" ] && reply "$fact" "$(head -n 1 "$run$fact")"
  done
  [ "$code" -eq 0 ] || log_of "$id" 15
done
reply end
