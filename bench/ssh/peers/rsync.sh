#!/bin/bash
# The script that many teams have: an rsync a host, hard links to the release before, a switch over ssh.
#   rsync.sh deploy|rollback, with VERSION, PREVIOUS, RELEASE, HOSTS_FILE, SSH_CONFIG
# TUNED=1: the fast key exchange, compression, and one login a host, which the second command reuses.
set -euo pipefail
export SSH="ssh -F $SSH_CONFIG" COMPRESS=
if [ "${TUNED:-}" = 1 ]; then
  COMPRESS=-z
  SSH="$SSH -o KexAlgorithms=curve25519-sha256 -o ControlMaster=auto -o ControlPersist=15 -o ControlPath=$WORK/%C"
fi
SWITCH=$(cat "$(dirname "$0")/switch.sh")
export SWITCH="VERSION=$VERSION; $SWITCH"
link=
[ -z "$PREVIOUS" ] || link=--link-dest=../$PREVIOUS
export link
copy='rsync -a $COMPRESS $link -e "$SSH" --rsync-path="mkdir -p /srv/app/releases && rsync" "$RELEASE/" "$1:/srv/app/releases/$VERSION/"'
switch='$SSH "$1" "$SWITCH"'
case $1 in
  deploy) one="$copy && $switch" ;;
  rollback) one=$switch ;;
esac
xargs -P 50 -I{} bash -c "$one" bash {} <"$HOSTS_FILE"
