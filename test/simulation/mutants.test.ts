/** The mutants themselves are not hunted here: `npm run mutants` does that, and is a part of `npm test`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROMISES } from '../../src/testing/simulation/promises/all.ts';
import { readPage } from '../docs/pages.ts';
import { MUTANTS } from './mutants/all.ts';
import { mutated } from './mutants/apply.ts';
import { readKnown } from './mutants/known.ts';
import { withTables } from './mutants/tables.ts';

const PAGE = 'docs/simulation.md';
const SIMULATION = join(import.meta.dirname, '../../src/testing/simulation');

describe('mutants', () => {
  test.each(MUTANTS)('$name changes what is there', (mutant) => {
    for (const [path, text] of mutated(mutant)) expect(text).not.toBe(readFileSync(path, 'utf8'));
  });

  test('each has a name of its own, and a promise that there is', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    for (const { number } of PROMISES) {
      const against = MUTANTS.filter(({ promise }) => promise === number);
      expect(against.length, `against promise ${number}`).toBeGreaterThanOrEqual(2);
    }
  });

  test('each was caught when the hunt was last recorded; else run `npm run mutants -- --write`', () => {
    expect(Object.keys(readKnown())).toEqual(MUTANTS.map(({ name }) => name));
  });
});

describe('docs/simulation.md', () => {
  const page = readPage(PAGE);

  test('has what is asked because of each promise; else run `npm run mutants -- --tables`', () => {
    expect(withoutSeeds(page)).toEqual(withoutSeeds(withTables(page, MUTANTS, readKnown())));
  });
});

test('what the simulation itself finds broken is found there', () => {
  const sources = ['simulation.ts', 'simulate.ts', 'witness.ts'].map((file) =>
    readFileSync(join(SIMULATION, file), 'utf8'),
  );
  for (const says of PROMISES.flatMap(({ ofTheWhole = [] }) => ofTheWhole))
    expect(sources.join('\n')).toContain(says);
});

/** Which seed catches a mutant changes with what the simulator draws, and with it maybe what catches it first. */
function withoutSeeds(page: string): string[] {
  return page.split('\n').map((line) => line.replace(/^(\| \d+ \| `[\w-]+` \| [^|]* \|).*$/, '$1'));
}
