/** How a release is started and stopped on a host: from the words of the config to those of the platform. */
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { SshConfig } from '../../config/schema/platform.ts';
import { argvOf } from '../../config/schema/values.ts';
import { cutLog, LOG_LIMIT_BYTES } from '../../platforms/ssh/scripts/logs.ts';
import type { SshRun } from '../../platforms/ssh/ssh-release.ts';

export function sshRunOf(
  { command, stopTimeoutMs }: Pick<ResolvedService, 'command' | 'stopTimeoutMs'>,
  { run }: Pick<SshConfig, 'run'>,
): SshRun {
  const start = [...argvOf(command)];
  switch (run.type) {
    case 'systemd': {
      const { scope, user } = run;
      return { kind: 'systemd', command: start, scope, ...(user === undefined ? {} : { user }) };
    }
    case 'commands': {
      const { stop, status, restart } = run;
      const own = { start, stop: [...argvOf(stop)], status: [...argvOf(status)] };
      return {
        kind: 'commands',
        ...own,
        ...(restart === undefined ? {} : { restart: [...argvOf(restart)] }),
      };
    }
    case 'detached':
      return { kind: 'commands', ...detached(start, stopTimeoutMs) };
  }
}

/**
 * A session of its own, led by a shell that notes how the service ended. The pid in `$SLUICE_RUN` is of that
 * shell, and so the number of the whole group; its start, as the kernel tells it, guards against a pid that is
 * used again.
 */
export function detached(
  command: readonly string[],
  stopTimeoutMs: number,
  { limitBytes = LOG_LIMIT_BYTES, lookSeconds = 60 } = {},
) {
  const tenths = String(Math.ceil(stopTimeoutMs / 100));
  return {
    start: ['sh', '-c', startLine(limitBytes, lookSeconds), 'sh', ...command],
    stop: ['sh', '-c', STOP, 'sh', tenths],
    status: ['sh', '-c', STATUS, 'sh'],
  };
}

/** What SIGKILL has ended is gone when the kernel is done with it. */
const KILLED_TENTHS = 20;

const LIVES = `stat_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null; }
born() {
  set -- $(stat_of "$1")
  [ "\${1:-Z}" = Z ] || echo "\${20}"
}
lives() {
  pid=$(cat "$SLUICE_RUN/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  now=$(born "$pid")
  [ -n "$now" ] && [ "$now" = "$(cat "$SLUICE_RUN/born" 2>/dev/null)" ]
}
`;

/**
 * The leader outlives a SIGTERM to the group: it is there for as long as what it started is, and sees to it
 * that the log does not fill the disk. Without single quotes, as it stands between them.
 */
function leader(limitBytes: number, lookSeconds: number): string {
  return `trap : TERM INT HUP
${cutLog(limitBytes)}
log=\${SLUICE_RUN%/.sluice/run/*}/logs/$SLUICE_RELEASE.log
{
  trap "kill \\$! 2>/dev/null; exit" TERM
  while :; do sleep ${lookSeconds} & wait $!; cut_log "$log"; done
} &
cutter=$!
"$@"
code=$?
kill "$cutter" 2>/dev/null
echo "$code" >"$SLUICE_RUN/exit"`;
}

function startLine(limitBytes: number, lookSeconds: number): string {
  return `${LIVES}setsid sh -c '${leader(limitBytes, lookSeconds)}' sh "$@" </dev/null &
pid=$!
echo "$pid" >"$SLUICE_RUN/pid" && born "$pid" >"$SLUICE_RUN/born"
`;
}

const STATUS = `${LIVES}lives`;

/**
 * Ends the whole group, also what the service has left in it when it ended by itself. The number of a group is
 * not given away while somebody is in it; that whoever is in it is ours is told by its environment.
 */
const STOP = `${LIVES}left() {
  [ -n "$pid" ] && [ -z "$(born "$pid")" ] || return 1
  for environ in $(grep -lsF "SLUICE_RELEASE=$SLUICE_RELEASE" /proc/[0-9]*/environ); do
    environ=\${environ%/environ}
    set -- $(stat_of "\${environ#/proc/}")
    [ "\${1:-Z}" = Z ] || [ "\${3:-}" != "$pid" ] || return 0
  done
  return 1
}
lives || left || exit 0
asked= waited=0
while lives || left; do
  if [ "$waited" -ge "$1" ]; then kill -KILL "-$pid" 2>/dev/null
  elif [ -z "$asked" ]; then kill -TERM "-$pid" 2>/dev/null && asked=yes
  fi
  [ "$waited" -lt "$(($1 + ${KILLED_TENTHS}))" ] || exit 1
  if sleep 0.1 2>/dev/null; then waited=$((waited + 1)); else sleep 1; waited=$((waited + 10)); fi
done
exit 0
`;
