import { nameOf, printable } from './words.ts';

export type Path = readonly (string | number)[];

/** Something that is wrong in a config, and where. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  /** What to point at: the key for one that should not be there, else its value. */
  readonly at: 'key' | 'value';
}

/** A place in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const BARE_KEY = /^[a-zA-Z0-9_-]{1,100}$/;

/** `services.api.strategy.stages[1].percent`; keys that need it are quoted: `services["my api"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (!BARE_KEY.test(key)) text += `[${nameOf(key)}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/** `sluice.config.yaml:7:15 services.api.port: 99999 is more than 65535`, without what is not known. */
export function formatProblem(file: string, position: Position | null, path: Path, message: string): string {
  const place = position === null ? file : `${file}:${position.line}:${position.column}`;
  const where = path.length === 0 ? `${place}:` : `${place} ${formatPath(path)}:`;
  return printable(`${where} ${message}`);
}
