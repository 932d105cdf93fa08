#!/bin/bash
# capistrano/run.sh deploy|deploy:rollback, with CAP_SCM, GIT_URL, VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8
exec cap production "$1"
