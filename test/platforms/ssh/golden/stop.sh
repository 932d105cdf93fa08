set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
first_of() { line=; [ -f "$1" ] && { read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null; }
[ -d './-it'\''s $HOME/api' ] || mkdir -p './-it'\''s $HOME/api' || refuse folder
cd './-it'\''s $HOME/api' || refuse folder
for need in releases shared logs .sluice/meta .sluice/run; do
  [ -d "$need" ] || mkdir -p "$need" || refuse folder
done
[ -d .sluice/incoming ] || (umask 077 && mkdir -p .sluice/incoming) || refuse folder

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

id=1.0.0+a-0123456789ab
slot_of "$id"
if [ -n "$slot" ] && [ -d "releases/$id" ]; then
    said=$(verb stop "$id" "$slot" 2>&1)
    code=$?
    patience=$(cat .sluice/meta/"$id"/stop-seconds 2>/dev/null || echo 10)
    until=$(($(date +%s) + patience))
    while verb status "$id" "$slot" >/dev/null 2>&1; do
      if [ "$code" -ne 0 ] || [ "$(date +%s)" -gt "$until" ]; then
        printf '%s\n' "$said" | tail -n 15 | hidden "$id" | sed 's/^/@ log /'
        [ "$code" -ne 0 ] || refuse lingers "$patience"
        refuse stop "$code"
      fi
      sleep 0.1 2>/dev/null || sleep 1
    done
    rm -rf .sluice/run/"$slot"
fi
if [ "$(readlink current 2>/dev/null)" = "releases/$id" ]; then
  for other in .sluice/run/*/; do
    first_of "${other}release" && [ "$line" != "$id" ] && [ -d "releases/$line" ] || continue
    ln -sfn "releases/$line" ".sluice/current.$$" && mv -fT ".sluice/current.$$" current || refuse folder
    break
  done
fi
reply end
