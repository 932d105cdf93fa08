set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
mkdir -p './-it'\''s $HOME/api' && cd './-it'\''s $HOME/api' && mkdir -p releases shared logs .sluice/meta .sluice/run || refuse folder
(umask 077 && mkdir -p .sluice/incoming) || refuse folder

keep=' 1.0.0+a-0123456789ab 0.9.0-ba9876543210 '
current=$(readlink current 2>/dev/null)
keep="$keep${current##*/} "
for run in .sluice/run/*/; do
  [ -f "${run}release" ] && keep="$keep$(cat "${run}release") "
done
for old in releases/*/; do
  id=${old#releases/} id=${id%/}
  [ -d "releases/$id" ] || continue
  case $keep in *" $id "*) continue ;; esac
  mv -T "releases/$id" ".sluice/incoming/$id.pruned.$$" || refuse folder
  rm -rf ".sluice/incoming/$id.pruned.$$" ".sluice/meta/$id" "logs/$id.log"
done
reply end
