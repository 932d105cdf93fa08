set -u
umask 022
reply() { printf '@ %s\n' "$*"; }
refuse() { reply refused "$@"; exit 1; }
mkdir -p './-it'\''s $HOME/api' && cd './-it'\''s $HOME/api' && mkdir -p releases shared logs .sluice/meta .sluice/run || refuse folder
(umask 077 && mkdir -p .sluice/incoming) || refuse folder
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
    elif [ "$l_n" -gt 0 ] && [ "$l_now" -lt "$l_until" ]; then
      lease_tell; refuse held "$l_since"
    fi
    l_next=$((l_n + 1))
    printf '%s\n' "$1" "$2" "$3" "$((l_now + $4))" "$5" "$6" >".sluice/taking.$$" || refuse folder
    if ln ".sluice/taking.$$" ".sluice/lease.$l_next" 2>/dev/null; then
      rm -f ".sluice/taking.$$"
      lease_read
      if [ "$l_n" -eq "$l_next" ]; then
        for l_file in .sluice/lease.*; do
          l_i=${l_file##*.}
          case $l_i in *[!0-9]*) continue ;; esac
          [ "$l_i" -lt "$l_next" ] && rm -f "$l_file"
        done
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
[ -z "$(find releases/0.9.0-ba9876543210 \( -type f -o -type l \) -newer .sluice/meta/0.9.0-ba9876543210/manifest | head -n 1)" ] || refuse base
cp -al releases/0.9.0-ba9876543210 "$in/tree" &
copying=$!
zstd -dc | tar -xof - -C "$in" || refuse unpack
cd "$in" || refuse folder
wait "$copying" || refuse base
copying=
{
  (cd tree && xargs -0 rm -rf -- <../../../meta/0.9.0-ba9876543210/shared && xargs -0 rm -rf -- <../remove) &&
  { [ ! -d files ] || cp -al files/. tree/; } &&
  if [ -s unlisted ]; then
    { grep -vxFf unlisted ../../meta/0.9.0-ba9876543210/manifest; cat listed; } | LC_ALL=C sort >meta/manifest
  else
    LC_ALL=C sort ../../meta/0.9.0-ba9876543210/manifest listed >meta/manifest
  fi
}
[ $? -eq 0 ] || refuse unpack
[ "$(sha256sum <meta/manifest | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse base
cd tree || refuse folder
[ "$(xargs -0 cat -- /dev/null <../sent | sha256sum | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse damaged contents
inventory() {
  for kind in '-type d' '-type l' '-type f -perm -100' '-type f ! -perm -100'; do
    printf '%s\n' "$kind"
    find . ! -name . $kind | LC_ALL=C sort
  done
}
[ "$(inventory | sha256sum | cut -c1-64)" = dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd ] || refuse base
cd ../../../.. || refuse folder
sh "$in/meta/link-shared" "$in/tree" || refuse folder
printf '%s\n' dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd >"$in/meta/digest"
touch "$in/meta/manifest" || refuse folder
if [ ! -d releases/1.0.0+a-0123456789ab ]; then
  rm -rf .sluice/meta/1.0.0+a-0123456789ab
  mv -T "$in/meta" .sluice/meta/1.0.0+a-0123456789ab && mv -T "$in/tree" releases/1.0.0+a-0123456789ab || refuse folder
fi
reply end
