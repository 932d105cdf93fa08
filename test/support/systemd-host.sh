#!/bin/bash
# Boots systemd as the first process of one host of the test fleet, with sshd as a service of it, on folders of the
# host's own that outlive a reboot:
#   systemd-host.sh NAME FOLDER ADDRESS GATEWAY NETWORK
# The first of its two parts runs outside of the host, in a mount namespace: it gives the host a cgroup, and takes
# that away once the host has gone. All of the host is in the network namespace NETWORK.
set -eu
name=$1 folder=$2 address=$3 gateway=$4 network=$5

outside() {
  # Not in the host's folder: whoever deletes that does away with what is mounted there.
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  group=/sys/fs/cgroup/sluice-$network-$$
  mkdir "$group"
  echo $$ >"$group/cgroup.procs"
  nsenter --net="/run/netns/$network" \
    unshare --mount --pid --cgroup --uts --ipc --fork --kill-child --propagation private \
    "$0" "$name" "$folder" "$address" "$gateway" '' &
  host=$!
  echo $$ >/sys/fs/cgroup/cgroup.procs
  wait "$host" || :
  # Its processes were killed, which is not yet to be gone.
  for _ in {1..100}; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
    [ -d "$group" ] || break
    sleep 0.1
  done
}

# What /etc is here, with none of the units that this machine has for itself.
first_boot() {
  cp -a /etc "$folder/etc"
  rm -rf "$folder/etc/ssh" "$folder/etc/systemd/system" "$folder/etc/systemd/user"
  mkdir -p "$folder/etc/ssh" "$folder/etc/systemd/user" "$folder/etc/systemd/system/multi-user.target.wants"
  cp -a "$folder/accounts/." "$folder/etc/"
  echo "$name" >"$folder/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$folder/etc/machine-id"
  cat >"$folder/etc/systemd/system/sshd-of-fleet.service" <<'END'
[Service]
ExecStart=/usr/sbin/sshd -D
RuntimeDirectory=sshd
KillMode=process
Restart=always
END
  ln -s ../sshd-of-fleet.service "$folder/etc/systemd/system/multi-user.target.wants/"
  for unneeded in systemd-udevd systemd-udev-trigger systemd-modules-load systemd-sysctl systemd-timesyncd; do
    ln -s /dev/null "$folder/etc/systemd/system/$unneeded.service"
  done
  mkdir -p "$folder/var/log/journal" "$folder/var/lib" "$folder/root"
  ln -s /run "$folder/var/run"
  chmod 700 "$folder/root"
}

inside() {
  hostname "$name"
  ip link set lo up
  ip addr replace "$address/20" dev eth0
  ip link set eth0 up
  ip route replace default via "$gateway"

  [ -d "$folder/etc" ] || first_boot
  # Without what is mounted here, and not to be written to.
  mount --bind / "$folder/tree"
  mount -o remount,bind,ro "$folder/tree"
  cd "$folder/tree"
  for own in etc var home srv root tmp; do mount --bind "$folder/$own" "$own"; done
  mount --bind "$folder/etc-ssh" etc/ssh
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=0755 run run
  mount -t tmpfs -o mode=0755 dev dev
  while read -r device major minor; do mknod -m 666 "dev/$device" c "$major" "$minor"; done <<'END'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
END
  mkdir dev/pts dev/shm dev/old
  mount -t tmpfs shm dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
  pivot_root . dev/old
  cd /
  umount -l /dev/old
  rmdir /dev/old
  exec env -i container=sluice PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=0
}

if [ -n "$network" ]; then outside; else inside; fi
