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

in=$(pwd -P)/.sluice/incoming/1.0.0+a-0123456789ab.$$ copying=
(umask 077 && mkdir "$in") && echo "$$" >"$in/pid" || refuse folder
trap 'kill $copying 2>/dev/null; wait; rm -rf "$in"' EXIT
trap 'exit 129' HUP INT TERM
[ -d releases/0.9.0-ba9876543210 ] && [ -f .sluice/meta/0.9.0-ba9876543210/manifest ] || refuse base
cp -al releases/0.9.0-ba9876543210 "$in/tree" &
copying=$!
zstd -dc | (cd "$in" && tar -xof -) || refuse unpack
cd "$in" || refuse folder
wait "$copying" || refuse base
copying=
{
  (cd tree && for gone in ../../../meta/0.9.0-ba9876543210/shared ../remove; do
    [ ! -s "$gone" ] || xargs -0 rm -rf -- <"$gone" || exit 1
  done) &&
  { [ ! -d files ] || cp -al files/. tree/; } &&
  if [ -s unlisted ]; then
    { grep -vxFf unlisted ../../meta/0.9.0-ba9876543210/manifest; cat listed; } | LC_ALL=C sort >meta/manifest
  else
    LC_ALL=C sort ../../meta/0.9.0-ba9876543210/manifest listed >meta/manifest
  fi
}
[ $? -eq 0 ] || refuse unpack
[ "$(sha256sum <meta/manifest)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse base
cd tree || refuse folder
inventory() {
  if find . -maxdepth 0 -printf '' 2>/dev/null; then
    find . ! -name . \( ! -type d -newer ../../../meta/0.9.0-ba9876543210/manifest -printf 'n %p\n' -o -true \) \( -type d -printf 'd %p\n' -o -type l -printf 'l %p\n' \
      -o -type f -perm -100 -printf 'x %p\n' -o -type f -printf 'f %p\n' \)
  else
    for kind in 'd -type d' 'l -type l' 'x -type f -perm -100' 'f -type f ! -perm -100'; do
      find . ! -name . ${kind#?} -print0 | xargs -0 -r sh -c 'printf "$0 %s\n" "$@"' "${kind%% *}"
    done
    find . ! -type d -newer ../../../meta/0.9.0-ba9876543210/manifest -print0 | xargs -0 -r sh -c 'printf "n %s\n" "$@"' sh
  fi | LC_ALL=C grep -vxFf ../fresh | LC_ALL=C sort
}
contents() {
  xargs -0 -r sha256sum -- | LC_ALL=C sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\) .*/\1/p'
}
[ "$(contents <../sent | sha256sum)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse damaged contents
[ "$(inventory | sha256sum)" = 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd  -' ] || refuse base
cd ../../../.. || refuse folder
sh "$in/meta/link-shared" "$in/tree" || refuse folder
printf '%s\n' dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd >"$in/meta/digest"
touch "$in/meta/manifest" || refuse folder
if [ ! -d releases/1.0.0+a-0123456789ab ]; then
  rm -rf .sluice/meta/1.0.0+a-0123456789ab
  mv -T "$in/meta" .sluice/meta/1.0.0+a-0123456789ab && mv -T "$in/tree" releases/1.0.0+a-0123456789ab || refuse folder
fi
reply end
