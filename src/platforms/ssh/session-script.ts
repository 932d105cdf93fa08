/**
 * What runs on a host for a connection: a POSIX `sh` that waits for scripts on its standard input and
 * frames what each of them prints. Nothing is installed; it all arrives over the connection and ends with it.
 *
 * A script comes as a line `TOKEN SCRIPT_BYTES INPUT_BYTES`, the script, the input, and, behind an input, an
 * empty line that says that it was whole. What the script prints stands between `TOKEN:start` and `TOKEN:end`,
 * on both outputs, each line at its end telling how the script ended. The token is random and for one script:
 * what a script prints cannot look like its end.
 *
 * Each script runs in a process group of its own. While it runs, a watcher reads the rest of the standard
 * input: whatever comes, or its end, is a cancel, and ends the group. So closing the connection is all that it
 * takes to end a script, and a script does not outlive the connection that nobody listens to.
 */
import { InvalidInputError } from '../../errors.ts';
import { quote } from './scripts/quote.ts';

/** Printed once, before the first script: the host lets us in and has a shell that answers. */
export const HELLO = 'sluice:hello\n';

/**
 * What ssh is asked to run, for the login shell of whoever logs in: one pair of quotes, which every shell
 * reads alike. It takes in the session's own text, which comes first on standard input, as one line: `read` is
 * the only way to take in no byte more that every host has.
 */
export const LOADER = `exec /bin/sh -c 'IFS= read -r text; eval "$(printf %b "$text")"'`;

/**
 * One script from its header to its end; a process of its own, and the leader of its group where there is
 * `setsid`. Its names begin with `sluice_`, and are gone when the script begins.
 */
const RUNNER = `exec 3<&0 </dev/null
read -r sluice_token sluice_bytes sluice_input <&3 || exit 9
# Where nothing follows the script, it does no harm to take in more.
sluice_exact=yes
[ "$sluice_input" = 0 ] || [ "$(printf abc | { head -c 1; cat; })" = abc ] || sluice_exact=
# The \`head\` of busybox takes in more than it gives out.
sluice_take() {
  if [ -n "$sluice_exact" ]; then head -c "$1"
  else dd bs=65536 iflag=fullblock,count_bytes count="$1" 2>/dev/null; fi
}
sluice_script=$(sluice_take "$sluice_bytes" <&3)
sluice_end() {
  [ -n "$sluice_group" ] || exit
  trap "" TERM
  kill -TERM 0
  sleep 2
  kill -KILL 0
}
sluice_run() (
  exec 3<&-
  eval "unset sluice_token sluice_bytes sluice_input sluice_script sluice_group sluice_watcher sluice_exact
unset -f sluice_take sluice_end sluice_run
$sluice_script
"
)
printf "%s:start\\n" "$sluice_token"
printf "%s:start\\n" "$sluice_token" >&2
if [ "$sluice_input" = 0 ]; then
  { read -r sluice_line || :; sluice_end; } <&3 >/dev/null 2>&1 &
  sluice_watcher=$!
  sluice_run
  sluice_code=$?
  { kill -TERM "$sluice_watcher"; wait "$sluice_watcher"; } 2>/dev/null
else
  # Without the shell's own errors, which would tell of the end of the watcher.
  {
    {
      sh -c 'echo "$PPID"'
      sluice_take "$sluice_input" <&3
      read -r sluice_line <&3 || { [ -z "$sluice_group" ] || kill -KILL 0; }
      exec >/dev/null
      read -r sluice_line <&3 || :
      sluice_end
    } 4>&- | {
      read -r sluice_watcher
      sluice_run
      sluice_code=$?
      cat >/dev/null
      kill -TERM "$sluice_watcher"
      exit "$sluice_code"
    } 2>&4 4>&-
  } 4>&2 2>/dev/null
  sluice_code=$?
fi
sluice_signal=
[ "$sluice_code" -le 128 ] || sluice_signal=$(kill -l "$sluice_code" 2>/dev/null)
printf "%s:end\\n" "$sluice_token" >&2
printf "%s:end %s %s\\n" "$sluice_token" "$sluice_code" "$sluice_signal"
`;

/** The whole session: a fresh process for each script, until the input ends or one was killed. */
const SESSION = `printf "sluice:hello\\n"
sluice_group=
! command -v setsid >/dev/null 2>&1 || sluice_group=setsid
sluice_runner=${quote(RUNNER)}
while :; do
  sluice_group=$sluice_group $sluice_group sh -c "$sluice_runner" sluice
  sluice_code=$?
  [ "$sluice_code" = 0 ] || exit "$sluice_code"
done
`;

/** What is written first, for the loader. */
export const OPENING = `${SESSION.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;

/** A script as it goes over the wire, without its input. */
export function scriptFrame(token: string, script: string, inputBytes: number): Buffer {
  if (script.includes('\0')) {
    throw new InvalidInputError('a script for a host has a NUL character, which no shell can read', {
      remedy: 'Look for it in the values that the script was made of.',
    });
  }
  return Buffer.from(`${token} ${Buffer.byteLength(script)} ${inputBytes}\n${script}`);
}

/** Behind an input: that it was sent to its end. */
export const INPUT_IS_WHOLE = '\n';
