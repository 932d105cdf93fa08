#!/bin/bash
# ClusterShell: one archive to all hosts, then unpacking and the switch.
#   clush.sh deploy|rollback, with VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK
set -euo pipefail
switch="VERSION=$VERSION; $(cat "$(dirname "$0")/switch.sh")"
clush=(clush --hostfile "$HOSTS_FILE" -f 64 -q -S -o "-F $SSH_CONFIG")
if [ "$1" = rollback ]; then
  exec "${clush[@]}" "$switch"
fi
tar -C "$RELEASE" -cz -f "$WORK/release.tar.gz" .
"${clush[@]}" --copy "$WORK/release.tar.gz" --dest /srv/release.tar.gz
exec "${clush[@]}" "mkdir -p /srv/app/releases/$VERSION && tar -xzf /srv/release.tar.gz -C /srv/app/releases/$VERSION && rm /srv/release.tar.gz && $switch"
