set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
mkdir -p './-it'\''s $HOME/api' && cd './-it'\''s $HOME/api' && mkdir -p releases shared logs .sluice/meta .sluice/run || refuse folder
(umask 077 && mkdir -p .sluice/incoming) || refuse folder

in=$(pwd -P)/.sluice/incoming/1.0.0+a-0123456789ab.$$ copying=
(umask 077 && mkdir "$in") && echo "$$" >"$in/pid" || refuse folder
trap 'kill $copying 2>/dev/null; wait; rm -rf "$in"' EXIT
trap 'exit 129' HUP INT TERM

gzip -dc | tar -xof - -C "$in" || refuse unpack
cd "$in" || refuse folder
mkdir -p files && mv -T files tree && cp listed meta/manifest
[ $? -eq 0 ] || refuse unpack
[ "$(sha256sum <meta/manifest | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse damaged manifest
cd tree || refuse folder
[ "$(xargs -0 cat -- /dev/null <../sent | sha256sum | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse damaged contents
inventory() {
  for kind in '-type d' '-type l' '-type f -perm -100' '-type f ! -perm -100'; do
    printf '%s\n' "$kind"
    find . ! -name . $kind | LC_ALL=C sort
  done
}
[ "$(inventory | sha256sum | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse damaged names
cd ../../../.. || refuse folder
sh "$in/meta/link-shared" "$in/tree" || refuse folder
printf '%s\n' dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd >"$in/meta/digest"
touch "$in/meta/manifest" || refuse folder
if [ ! -d releases/1.0.0+a-0123456789ab ]; then
  rm -rf .sluice/meta/1.0.0+a-0123456789ab
  mv -T "$in/meta" .sluice/meta/1.0.0+a-0123456789ab && mv -T "$in/tree" releases/1.0.0+a-0123456789ab || refuse folder
fi
reply end
