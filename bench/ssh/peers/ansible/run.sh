#!/bin/bash
# ansible/run.sh PLAYBOOK, with VERSION, PREVIOUS, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK
set -euo pipefail
cd "$(dirname "$0")"
export ANSIBLE_CONFIG=$PWD/ansible.cfg ANSIBLE_HOME=$WORK/ansible ANSIBLE_LOCAL_TEMP=$WORK/ansible/tmp
export ANSIBLE_SSH_ARGS="-F $SSH_CONFIG -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=$WORK/%C"
export ANSIBLE_SSH_CONTROL_PATH="$WORK/%C"
exec ansible-playbook -i "$HOSTS_FILE" "$1" \
  -e "version=$VERSION" -e "previous=$PREVIOUS" -e "release=$RELEASE" -e "work=$WORK"
