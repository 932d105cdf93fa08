#!/bin/sh
# Installs what Sluice is measured beside, from Debian's own packages. As root; only for `npm run bench -- ssh`.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends ansible capistrano clustershell rsync git busybox zstd openssh-client openssh-server iproute2
