/**
 * Logs on a host: `logs/<release>.log`, and `<release>.log.1` with what was written before it was cut; or, where
 * `meta/<release>/log` is, the journal of the machine, which looks after its own size.
 */
import { looking, type Place, verbs } from './prelude.ts';
import { quote } from './quote.ts';

/** A log that is longer is cut; the part before is kept once. In bytes. */
export const LOG_LIMIT_BYTES = 50 * 1024 * 1024;
/** What one look at a log that is followed brings at most, in bytes. */
const MOST_BYTES = 256 * 1024;
/** The longest way back to the first lines. */
const TAIL_BYTES = 1024 * 1024;

/**
 * `cut_log FILE`: its writers have it open and go on writing to its end, so it is copied and emptied. In this
 * order: until `.1` is another file, whoever follows the log waits; then the rest is read from there. Where there is
 * no room for a copy it is emptied all the same: a full disk is worse. Without single quotes, to be part of others.
 */
export function cutLog(limitBytes = LOG_LIMIT_BYTES): string {
  return `log_size() { { wc -c <"$1"; } 2>/dev/null || echo 0; }
cut_log() {
  [ -s "$1" ] || return 0
  [ "$(log_size "$1")" -gt ${limitBytes} ] || return 0
  cp "$1" "$1.cut.$$" 2>/dev/null || rm -f "$1.cut.$$"
  # Somebody else may have cut it meanwhile.
  [ "$(log_size "$1")" -gt ${limitBytes} ] && : >"$1" && [ -f "$1.cut.$$" ] && mv -f "$1.cut.$$" "$1.1"
  rm -f "$1.cut.$$"
}`;
}

export function logTailScript(place: Place, release: string, lines: number): string {
  return `${looking(place)}
${verbs(place.service)}
log_of ${quote(release)} ${lines}
reply end
`;
}

/** How far a log was read: a text that only the host understands. */
export type LogPosition = string;

/**
 * The whole lines that were written since the position, and the next position; from the beginning of following,
 * which is `null`, the last `lines`.
 */
export function followScript(
  place: Place,
  release: string,
  position: LogPosition | null,
  lines: number,
): string {
  return `${looking(place)}
${verbs(place.service)}
id=${quote(release)} at=${quote(position ?? '')}
if [ -f ".sluice/meta/$id/log" ]; then
  [ -f ".sluice/meta/$id/follow" ] || { reply end; exit 0; }
${position === null ? `  SLUICE_LINES=${lines} SLUICE_CURSOR=` : '  SLUICE_LINES=10000 SLUICE_CURSOR=$at'}
  export SLUICE_LINES SLUICE_CURSOR
  verb follow "$id" 0 2>/dev/null | shown "$id" | sed 's/^@ log -- cursor: \\(.*\\)$/@ at \\1/'
  reply end
  exit 0
fi
log=logs/$id.log
size_of() { { wc -c <"$1"; } 2>/dev/null || echo 0; }
mark_of() {
  [ -f "$1" ] || { echo none; return; }
  ls -i "$1" | { read -r inode name; echo "$inode-$(size_of "$1")"; }
}
size=$(size_of "$log")
mark=$(mark_of "$log.1") cut=$log.1
seen=$mark
${position === null ? begin(lines) : GO_ON}
# What was read while it was cut is not what it seems.
[ "$(mark_of "$cut")" = "$seen" ] && [ "$(size_of "$log")" -ge "$need" ] || reply void
reply end
`;
}

/** No line is there twice, and none is left out: what is past the size is the next look's. */
function begin(lines: number): string {
  return `need=$size
from=$((size > ${TAIL_BYTES} ? size - ${TAIL_BYTES} : 0))
end() { [ "$size" -eq 0 ] || tail -c "+$((from + 1))" "$log" | head -c "$((size - from))"; }
[ "$(end | tail -n 1 | wc -l)" -gt 0 ] || size=$((size - $(end | tail -n 1 | wc -c)))
{ [ ! -f "$log.1" ] || tail -n ${lines} "$log.1"; end; } | tail -n ${lines} | shown "$id"
reply at "$mark" "$size"`;
}

const GO_ON = `was=\${at%% *} from=\${at#* }
if [ "$mark" != "$was" ]; then
  old=$(size_of "$log.1")
  if [ "$old" -gt "$from" ]; then log=$log.1 size=$old mark=$was; else from=0; fi
fi
need=$size
if [ "$size" -lt "$from" ]; then reply shorter; size=$from need=0; fi
count=$((size - from))
[ "$count" -le ${MOST_BYTES} ] || count=${MOST_BYTES}
new() { tail -c "+$((from + 1))" "$log" | head -c "$count"; }
if [ "$count" -gt 0 ] && [ "$(new | tail -n 1 | wc -l)" -eq 0 ]; then
  part=$(new | tail -n 1 | wc -c)
  # A line that is longer than a look is brought in parts.
  if [ "$part" -lt ${MOST_BYTES} ]; then
    case $log in *.1) [ "$part" -lt "$count" ] && count=$((count - part)) ;; *) count=$((count - part)) ;; esac
  fi
fi
if [ "$count" -gt 0 ]; then
  new | shown "$id"
  [ "$count" -lt ${MOST_BYTES} ] && [ "\${log%.1}" = "$log" ] || reply more
fi
reply at "$mark" "$((from + count))"`;
