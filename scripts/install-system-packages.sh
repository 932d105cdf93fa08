#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, each only where its command is missing.
# Needs root and apt-get; elsewhere it says what is missing and leaves it at that.
set -euo pipefail

# command, package, what for
needed() {
  cat <<'END'
g++      g++      better-sqlite3 is compiled where no built binary of it can be had
make     make     the same
python3  python3  the same
haproxy  haproxy  the router's tests steer a real one
nginx    nginx-light  the same
caddy    caddy        the same
openssl  openssl  certificates for the tests of https
tmux     tmux     a terminal whose screen the tests can read
ssh      openssh-client  the platform for servers, and its tests
sshd     openssh-server  servers for those tests
ip       iproute2        networks of their own for those servers
dbus-daemon  libpam-systemd  with systemd: servers that boot, for those tests
busybox  busybox  the platform for servers is tested on its shell and its tools
chromium  chromium        the tests of the dashboard are done in it
zstd     zstd     what is sent to servers is compressed by it
END
}

missing=()
while read -r command package reason; do
  command -v "$command" >/dev/null && continue
  echo "missing: $command ($reason)"
  missing+=("$package")
done < <(needed)

[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "To get what is missing on Debian, as root: apt-get install ${missing[*]}" >&2
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
