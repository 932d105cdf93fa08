/** Times and lengths of time as a person reads them. All in milliseconds; times of day are UTC. */

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
/** From here on one decimal of a second would round to a whole minute. */
const TENTHS_UNTIL_MS = 59_950;

/** A measured time: `950 ms`, `12.3 s`, `4 min 5 s`, `2 h 5 min`, `3 days 4 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND_MS) return `${whole} ms`;
  if (whole < TENTHS_UNTIL_MS) return `${(whole / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(whole / SECOND_MS);
  if (seconds < HOUR_S) return inTwo(seconds, MINUTE_S, 'min', 's');
  const minutes = Math.round(seconds / MINUTE_S);
  if (minutes < DAY_S / MINUTE_S) return inTwo(minutes, 60, 'h', 'min');
  const hours = Math.round(seconds / HOUR_S);
  return inTwo(hours, 24, hours < 48 ? 'day' : 'days', 'h');
}

function inTwo(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** A time that somebody chose, or that is counted in seconds: `30 s` where it is measured as `30.0 s`. */
export function formatSpan(ms: number): string {
  return formatDuration(ms).replace('.0 s', ' s');
}

/** A time that still runs, in whole seconds, so that it does not flicker: `0 s`, `42 s`, `4 min 5 s`. */
export function formatRunning(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  return seconds === 0 ? '0 s' : formatSpan(seconds * SECOND_MS);
}

/** A time that is left, in whole seconds, rounded up: `1 s` until it is over. */
export function formatLeft(ms: number): string {
  return formatRunning(Math.ceil(ms / SECOND_MS) * SECOND_MS);
}

/** How long ago something was: `just now`, `12 s ago`, `4 min ago`, `2 h ago`, `3 days ago`. */
export function formatAgo(ms: number): string {
  const seconds = Math.floor(ms / SECOND_MS);
  if (seconds < 5) return 'just now';
  if (seconds < MINUTE_S) return `${seconds} s ago`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ago`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ago`;
  const days = Math.floor(seconds / DAY_S);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** The time of day of a moment in milliseconds since the epoch: `12:00:03`. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** `2026-11-23 12:00:03 UTC`. */
export function formatDateTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A moment to come, to the minute: `14:05 UTC` today, `2026-11-24 14:05 UTC` on another day. */
export function formatDeadline(at: number, now: number): string {
  const [deadline, today] = [new Date(at).toISOString(), new Date(now).toISOString()];
  const time = `${deadline.slice(11, 16)} UTC`;
  return deadline.slice(0, 10) === today.slice(0, 10) ? time : `${deadline.slice(0, 10)} ${time}`;
}
