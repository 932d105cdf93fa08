/**
 * The lease that a host itself keeps, so that two people without a common journal cannot deploy at once.
 *
 * It is a file `.sluice/lease.<n>`; the highest `n` is the lease that holds. Taking it is `ln` to the next
 * number, which only one can succeed in; renewing it, once half of its time is over, is taking the next one too. There is nothing to unlock:
 * one that has expired by the host's own clock is simply followed by the next.
 *
 * Under the same authority (a journal), which has its own order, a later lease follows at once and an earlier
 * one is refused as fenced; another authority has to wait.
 */
import { quote } from './quote.ts';

export interface HostLease {
  /** Whose order counts: one journal, by an id of its own. Letters, digits and dashes. */
  readonly authority: string;
  /** In words for people: who holds it. One line. */
  readonly who: string;
  /** In words for people: what for. One line. */
  readonly doing: string;
  readonly epoch: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** How long it holds after each operation. */
  readonly seconds: number;
}

/** Takes or renews the lease, or ends the script with `refused held` or `refused fenced`. */
export function takeLease(lease: HostLease | null): string {
  if (lease === null) return '';
  const { authority, who, doing, epoch, since, seconds } = lease;
  return `${LEASE_FUNCTIONS}
lease_take ${quote(authority)} ${epoch} ${since} ${seconds} ${quote(oneLine(who))} ${quote(oneLine(doing))}
`;
}

/** Lets the lease expire now, if it is this one that holds. Its number stays taken, so that they only grow. */
export function endLease({ authority, epoch, since }: HostLease): string {
  return `${LEASE_FUNCTIONS}
lease_read
if [ "$l_n" -gt 0 ] && [ "$l_authority:$l_epoch:$l_since" = ${quote(`${authority}:${epoch}:${since}`)} ]; then
  printf '%s\\n' "$l_authority" "$l_epoch" "$l_since" 0 "$l_who" "$l_doing" >".sluice/taking.$$" &&
    mv -f ".sluice/taking.$$" ".sluice/lease.$l_n" || refuse folder
fi
`;
}

/** Tells whose lease holds, if one does. */
export function tellLease(): string {
  return `${LEASE_FUNCTIONS}
lease_read
if [ "$l_n" -gt 0 ] && [ "$(date +%s)" -lt "$l_until" ]; then
  reply lease "$l_authority"; reply since "$l_since"; lease_tell
fi`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

const LEASE_FUNCTIONS = `
lease_read() {
  l_n=0 l_authority= l_epoch=0 l_since=0 l_until=0 l_who= l_doing=
  for l_file in .sluice/lease.*; do
    l_i=\${l_file##*.}
    case $l_i in '*' | *[!0-9]*) continue ;; esac
    [ "$l_i" -gt "$l_n" ] && l_n=$l_i
  done
  [ "$l_n" -gt 0 ] || return 0
  { read -r l_authority; read -r l_epoch; read -r l_since; read -r l_until; read -r l_who; read -r l_doing; } \\
    <".sluice/lease.$l_n" 2>/dev/null
}
lease_tell() { reply who "$l_who"; reply doing "$l_doing"; reply until "$l_until"; }
lease_take() {
  l_tries=0
  while :; do
    lease_read
    l_now=$(date +%s)
    if [ "$l_n" -gt 0 ] && [ "$l_authority" = "$1" ]; then
      if [ "$2" -lt "$l_epoch" ] && [ "$3" -le "$l_since" ]; then
        lease_tell; refuse fenced "$l_since"
      fi
      # It holds for a good while yet: nothing to renew.
      if [ "$2 $3" = "$l_epoch $l_since" ] && [ "$((l_now + $4 / 2))" -lt "$l_until" ]; then return 0; fi
    elif [ "$l_n" -gt 0 ] && [ "$l_now" -lt "$l_until" ]; then
      lease_tell; refuse held "$l_since"
    fi
    l_next=$((l_n + 1))
    printf '%s\\n' "$1" "$2" "$3" "$((l_now + $4))" "$5" "$6" >".sluice/taking.$$" || refuse folder
    if ln ".sluice/taking.$$" ".sluice/lease.$l_next" 2>/dev/null; then
      lease_read
      if [ "$l_n" -eq "$l_next" ]; then
        set --
        for l_file in .sluice/lease.*; do
          l_i=\${l_file##*.}
          case $l_i in *[!0-9]*) continue ;; esac
          [ "$l_i" -lt "$l_next" ] && set -- "$@" "$l_file"
        done
        rm -f ".sluice/taking.$$" "$@"
        return 0
      fi
      rm -f ".sluice/lease.$l_next"
    fi
    rm -f ".sluice/taking.$$"
    l_tries=$((l_tries + 1))
    [ "$l_tries" -lt 50 ] || refuse folder
  done
}`.trim();
