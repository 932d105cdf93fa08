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

in=$(pwd -P)/.sluice/incoming/1.0.0+a-0123456789ab.$$ copying=
(umask 077 && mkdir "$in") && echo "$$" >"$in/pid" || refuse folder
trap 'kill $copying 2>/dev/null; wait; rm -rf "$in"' EXIT
trap 'exit 129' HUP INT TERM

gzip -dc | (cd "$in" && tar -xof -) || refuse unpack
cd "$in" || refuse folder
mkdir -p files && mv -T files tree && cp listed meta/manifest
[ $? -eq 0 ] || refuse unpack
[ "$(sha256sum <meta/manifest)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse damaged manifest
cd tree || refuse folder
inventory() {
  if find . -maxdepth 0 -printf '' 2>/dev/null; then
    find . ! -name . \( -type d -printf 'd %p\n' -o -type l -printf 'l %p\n' \
      -o -type f -perm -100 -printf 'x %p\n' -o -type f -printf 'f %p\n' \)
  else
    for kind in 'd -type d' 'l -type l' 'x -type f -perm -100' 'f -type f ! -perm -100'; do
      find . ! -name . ${kind#?} -print0 | xargs -0 -r sh -c 'printf "$0 %s\n" "$@"' "${kind%% *}"
    done
  fi | LC_ALL=C sort
}
contents() {
  xargs -0 -r sha256sum -- | LC_ALL=C sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\) .*/\1/p'
}
[ "$(contents <../sent | sha256sum)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse damaged contents
[ "$(inventory | sha256sum)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse damaged names
cd ../../../.. || refuse folder
sh "$in/meta/link-shared" "$in/tree" || refuse folder
printf '%s\n' dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd >"$in/meta/digest"
touch "$in/meta/manifest" || refuse folder
if [ ! -d releases/1.0.0+a-0123456789ab ]; then
  rm -rf .sluice/meta/1.0.0+a-0123456789ab
  mv -T "$in/meta" .sluice/meta/1.0.0+a-0123456789ab && mv -T "$in/tree" releases/1.0.0+a-0123456789ab || refuse folder
fi
reply end
