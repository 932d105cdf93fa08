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

keep=' 1.0.0+a-0123456789ab 0.9.0-ba9876543210 '
current=$(readlink current 2>/dev/null)
keep="$keep${current##*/} "
for run in .sluice/run/*/; do
  first_of "${run}release" && keep="$keep$line "
done
for old in releases/*/; do
  id=${old#releases/} id=${id%/}
  [ -d "releases/$id" ] || continue
  case $keep in *" $id "*) continue ;; esac
  mv -T "releases/$id" ".sluice/incoming/$id.pruned.$$" || refuse folder
  rm -rf ".sluice/incoming/$id.pruned.$$" ".sluice/meta/$id" "logs/$id.log" "logs/$id.log.1"
done
for incoming in .sluice/incoming/*/; do
  [ -d "$incoming" ] || continue
  first_of "${incoming}pid"
  pid=$line
  case $pid in '' | *[!0-9]*) ;; *)
    if kill -0 "$pid" 2>/dev/null || [ -d "/proc/$pid" ]; then continue; fi ;;
  esac
  rm -rf "$incoming"
done
reply end
