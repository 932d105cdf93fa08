/** Which seed caught which mutant when the whole hunt was last recorded: `npm run mutants -- --write`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Known {
  readonly seed: number;
  /** Deployments simulated until then, from seed 1 on. */
  readonly deployments: number;
  readonly promise: number;
  /** What was to be true. */
  readonly invariant: string;
}

/** By the mutant's name. */
export type KnownCatches = Readonly<Record<string, Known>>;

const FILE = join(import.meta.dirname, 'known.json');

export function readKnown(): KnownCatches {
  return JSON.parse(readFileSync(FILE, 'utf8')) as KnownCatches;
}

export function writeKnown(known: KnownCatches): void {
  writeFileSync(FILE, `${JSON.stringify(known, null, 2)}\n`);
}
