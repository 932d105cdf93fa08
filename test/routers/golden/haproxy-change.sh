set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 077
answer() { printf '@ %s\n%s' "$1" "${2-}"; exit 0; }
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
file='/etc/it'\''s $(id)/haproxy.cfg'
exists() { [ -e "$file" ]; }
try() { said=$("$@" 2>&1) || answer forbidden "$said"; }
# A link stays one: what it leads to is replaced.
if exists; then file=$(readlink -f "$file") || exit 1; fi
lock="$file.sluice-lock"
command -v flock >/dev/null || answer no-flock
said=$( (: >>"$lock") 2>&1) || answer forbidden "$said"
exec 9>>"$lock"
flock -n 9 || answer busy
draft="$file.sluice-draft"
trap 'rm -f "$draft"' EXIT
trap 'exit 1' HUP INT TERM
expect() {
  if exists; then now=$(digest "$file"); else now=none; fi
  [ "$now" = 9160d4be34c8695bd172a76c7c7966587ea5a4d991ad22c87b2b91af54aa9ebb ] || answer changed
}
write_draft() {
  rm -f "$draft"
  said=$( (cat >"$draft") 2>&1) || answer forbidden "$said"
  [ "$(digest "$draft")" = 7b9a72466d3960eb2aacccfc848939453490db0678bd4725def3f789b891c919 ] || answer cut
  if exists; then
    owner=$(stat -c %u:%g "$file")
    [ "$(stat -c %u:%g "$draft")" = "$owner" ] || try chown "$owner" "$draft"
    try chmod "$(stat -c %a "$file")" "$draft"
  else
    try chmod 644 "$draft"
  fi
  sync "$draft" 2>/dev/null || sync
}
command -v '/opt/ha proxy' >/dev/null || answer no-program
expect
write_draft
said=$(timeout 10 '/opt/ha proxy' -c -f './-x; rm' -f "$draft" 2>&1 </dev/null 9>&-) || answer refused "$said"
try mv -f "$draft" "$file"
answer done
