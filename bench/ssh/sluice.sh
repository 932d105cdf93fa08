#!/bin/bash
# Sluice as people run it: `sluice deploy` and `sluice rollback`, which ask each host by HTTP whether it is well.
#   sluice.sh cold|v2|rollback, with VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK
set -euo pipefail
sluice=(node "$(dirname "$0")/../../dist/cli/main.js")
mkdir -p "$WORK/project"
cd "$WORK/project"
[ -e sluice.config.yaml ] || cat >sluice.config.yaml <<END
services:
  app:
    folder: app
    command: [sh, bin/service, start]
    port: 8080
    strategy: allAtOnce
    checks:
      - { type: http, path: /version.txt, interval: 100ms }
    platform:
      type: ssh
      hosts: [$(paste -sd, "$HOSTS_FILE")]
      root: /srv
      configFile: $SSH_CONFIG
      run:
        type: commands
        stop: [sh, bin/service, stop]
        status: [sh, bin/service, status]
        restart: [sh, bin/service, restart]
END
if [ "$1" = rollback ]; then
  exec "${sluice[@]}" rollback app
fi
ln -sfn "$RELEASE" app
exec "${sluice[@]}" deploy app "$VERSION"
