/**
 * The name under which a controller holds a lease: `ann@laptop pid 4711`, which people read, and a mark behind
 * it, by which another process can tell it from every other one, also from one that has the pid after it.
 */

/** By what a controller can be found again. */
export interface HolderParts {
  /** `ann@laptop` */
  readonly who: string;
  readonly pid: number;
  /** Where that pid means something: 8 hex digits, the same for all who see the same processes. */
  readonly space: string;
  /** When the process was started: 8 hex digits. */
  readonly start: string;
  /** What tells two controllers of one process apart: 6 hex digits. */
  readonly unique: string;
}

const HOLDER =
  /^(?<who>.+) pid (?<pid>\d+) (?<space>[0-9a-f]{8})(?<start>[0-9a-f]{8})(?<unique>[0-9a-f]{6})$/;

export function formatHolder({ who, pid, space, start, unique }: HolderParts): string {
  return `${who} pid ${pid} ${space}${start}${unique}`;
}

/** `null` for a name of another making. */
export function parseHolder(holder: string): HolderParts | null {
  const groups = HOLDER.exec(holder)?.groups;
  if (groups === undefined) return null;
  const { who = '', pid, space = '', start = '', unique = '' } = groups;
  return { who, pid: Number(pid), space, start, unique };
}

/** What a person needs of it: `ann@laptop pid 4711`. */
export function holderInWords(holder: string): string {
  const parts = parseHolder(holder);
  return parts === null ? holder : `${parts.who} pid ${parts.pid}`;
}
