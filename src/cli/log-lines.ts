import { logLine } from './render/text.ts';
import type { Terminal } from './terminal.ts';

/** One log: of a release on a target. */
export interface Log {
  readonly target: string;
  /** Release id. */
  readonly release: string;
}

/** A line of a log behind its target and version. */
export function prefixed({ target, release }: Log, line: string, { paint }: Terminal): string {
  const colors = paint.dim('.') !== '.';
  const version = release.slice(0, release.lastIndexOf('-'));
  return `${paint.dim(`${target} ${version} ${paint.symbols.quote}`)} ${logLine(line, colors)}`;
}
