set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 077
answer() { printf '@ %s\n%s' "$1" "${2-}"; exit 0; }
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
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
find_workers
[ -n "$taking" ] || answer no-nginx
printf '@ looked\n'
[ -z "$leaving" ] || echo leaving
states=
for title in $taking $leaving; do states="$states ${title%cmdline}status"; done
grep -hs '^Uid:' $states
grep -hsF -e ' 0100000A:1F90 01 ' /proc/net/tcp /proc/net/tcp6
exit 0
