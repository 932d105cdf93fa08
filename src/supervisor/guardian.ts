/**
 * The guardian: a shell that starts the supervisor, and starts it again when it is killed or crashes. It is a
 * process of its own, too small to be what a machine that runs out of memory ends, and it decides nothing.
 */
import { existsSync } from 'node:fs';
import { COULD_NOT_BEGIN } from './exit-codes.ts';

const SHELL = '/bin/sh';

/** One that dies right after its start is started again after 0, 1, 3, 7 … 30 s. */
const SCRIPT = `
trap '' HUP
first=yes
pause=0
while :; do
  begun=$(date +%s)
  "$@"
  code=$?
  [ $code -eq 0 ] && exit 0
  [ $code -eq ${COULD_NOT_BEGIN} ] && [ $first ] && exit $code
  first=
  [ $(($(date +%s) - begun)) -ge 10 ] && pause=0
  echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $$ the supervisor ended with code $code; it is started again in $pause s" >&2
  sleep $pause
  pause=$((pause * 2 + 1))
  [ $pause -gt 30 ] && pause=30
done`;

/** The command that runs this one and keeps it running; itself where there is no shell. */
export function guarded(command: readonly string[]): readonly string[] {
  return existsSync(SHELL) ? [SHELL, '-c', SCRIPT, 'sluice-guardian', ...command] : command;
}
