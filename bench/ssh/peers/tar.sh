#!/bin/bash
# No tool at all: one archive piped into ssh, unpacked and switched by the same command.
#   tar.sh deploy|rollback, with VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK
set -euo pipefail
switch="VERSION=$VERSION; $(cat "$(dirname "$0")/switch.sh")"
export SSH="ssh -F $SSH_CONFIG -o KexAlgorithms=curve25519-sha256 -o Ciphers=aes128-gcm@openssh.com" SWITCH=$switch
if [ "$1" = deploy ]; then
  tar -C "$RELEASE" -c . | gzip -6 >"$WORK/release.tar.gz"
  SWITCH="mkdir -p /srv/app/releases/$VERSION && tar -xz -C /srv/app/releases/$VERSION && $switch"
  export ARCHIVE=$WORK/release.tar.gz
else
  export ARCHIVE=/dev/null
fi
xargs -P 50 -I{} bash -c '$SSH "$1" "$SWITCH" <"$ARCHIVE"' bash {} <"$HOSTS_FILE"
