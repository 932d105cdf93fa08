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
lease_take journal-1 3 17 600 'ann'\''s laptop' '$(x)'

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

log_size() { { wc -c <"$1"; } 2>/dev/null || echo 0; }
cut_log() {
  [ -s "$1" ] || return 0
  [ "$(log_size "$1")" -gt 52428800 ] || return 0
  cp "$1" "$1.cut.$$" 2>/dev/null || rm -f "$1.cut.$$"
  # Somebody else may have cut it meanwhile.
  [ "$(log_size "$1")" -gt 52428800 ] && : >"$1" && [ -f "$1.cut.$$" ] && mv -f "$1.cut.$$" "$1.1"
  rm -f "$1.cut.$$"
}
look_around() {
for meta in .sluice/meta/*/; do
  id=${meta#.sluice/meta/} id=${id%/}
  [ -d "releases/$id" ] && [ -f "${meta}digest" ] && reply staged "$id"
done
for run in .sluice/run/*/; do
  first_of "${run}release" || continue
  slot=${run#.sluice/run/} slot=${slot%/}
  id=$line
  first_of "${run}since"
  reply instance "$slot" "$id" "$line"
  [ ! -f "logs/$id.log" ] || cut_log "logs/$id.log"
  said=$(verb status "$id" "$slot" 2>&1)
  code=$?
  reply status "$code"
  [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/@ said /'
  for fact in pid exit; do
    first_of "$run$fact" && reply "$fact" "$line"
  done
  port_of "$slot"
  reply port "$port"
  # Also of one that systemd had to start again.
  case $code$said in 0*NRestarts=[1-9]* | 0*SubState=auto-restart* | [!0]*) log_of "$id" 15 ;; esac
done
}
id=1.0.0+a-0123456789ab
[ -d "releases/$id" ] && [ -d ".sluice/meta/$id" ] || refuse unstaged
point() {
  ln -sfn "releases/$id" ".sluice/current.$$" && mv -fT ".sluice/current.$$" current || refuse folder
}
old= how=start
slot_of "$id"
if [ -n "$slot" ]; then
  if verb status "$id" "$slot" >/dev/null 2>&1; then point; look_around; reply end; exit 0; fi
else
  for s in 1 2; do
    [ -f ".sluice/run/$s/release" ] || { slot=$s; break; }
  done
fi
if [ -z "$slot" ]; then
  for s in .sluice/run/*/; do
    s=${s%/} s=${s##*/}
    first_of ".sluice/run/$s/release"
    old=$line
    verb status "$old" "$s" >/dev/null 2>&1 && continue
    slot=$s
    said=$(verb stop "$old" "$slot" 2>&1)
    code=$?
    patience=$(cat .sluice/meta/"$old"/stop-seconds 2>/dev/null || echo 10)
    until=$(($(date +%s) + patience))
    while verb status "$old" "$slot" >/dev/null 2>&1; do
      if [ "$code" -ne 0 ] || [ "$(date +%s)" -gt "$until" ]; then
        printf '%s\n' "$said" | tail -n 15 | hidden "$old" | sed 's/^/@ log /'
        [ "$code" -ne 0 ] || refuse lingers "$patience"
        refuse stop "$code"
      fi
      sleep 0.1 2>/dev/null || sleep 1
    done
    rm -rf .sluice/run/"$slot"
    break
  done
  [ -n "$slot" ] || refuse full
fi
[ -d ".sluice/run/$slot" ] || mkdir ".sluice/run/$slot" || refuse folder
[ "$how" = restart ] || rm -f ".sluice/run/$slot/exit" ".sluice/run/$slot/pid"
port=
case $slot in
  1) port=8081 ;;
  2) port=8082 ;;
esac
printf 'PORT=%s\n' "$port" >".sluice/run/$slot/port" || refuse folder
date +%s >".sluice/run/$slot/since" && printf '%s\n' "$id" >".sluice/run/$slot/release.new" &&
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
