#!/bin/sh
# The first process of one host of the test fleet, inside its own mount, pid, uts and ipc namespaces:
# gives the host its own folders, starts sshd and reaps what ends.
#   ssh-fleet-host.sh NAME FOLDER ADDRESS GATEWAY DISK_MB SH
set -eu
name=$1 folder=$2 address=$3 gateway=$4 disk=$5 sh=$6

hostname "$name"
ip link set lo up
ip addr replace "$address/20" dev eth0
ip link set eth0 up
ip route replace default via "$gateway"

for own in passwd group shadow; do mount --bind "$folder/accounts/$own" "/etc/$own"; done
if [ "$disk" != 0 ]; then
  mount -t tmpfs -o "size=${disk}m,mode=755" disk "$folder/srv"
  chown 1900:1900 "$folder/srv"
fi
for own in home srv run var/tmp; do mount --bind "$folder/$own" "/$own"; done
mount --bind "$folder/etc-ssh" /etc/ssh
if [ -n "$sh" ]; then mount --bind "$sh" /bin/sh; fi
mount -t proc proc /proc
mount --bind "$folder/tmp" /tmp

cd /
/usr/sbin/sshd -E /run/sshd.log
# `wait` takes in whatever was orphaned, so that what has ended is seen to have ended.
while :; do
  sleep 3600 &
  wait $!
done
