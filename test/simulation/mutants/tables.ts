/** The tables of docs/simulation.md: each promise with what is asked because of it, and each mutant. */
import { PROMISES } from '../../../src/testing/simulation/promises/all.ts';
import type { KnownCatches } from './known.ts';
import type { Mutant } from './mutant.ts';

const TABLE = /(?<=<!-- (?<name>promises|mutants) -->\n)(?:\|.*\n)*/g;

/** The page with both tables made anew. */
export function withTables(page: string, mutants: readonly Mutant[], known: KnownCatches): string {
  return page.replace(TABLE, (...found) => {
    const { name } = found.at(-1) as { name: string };
    const rows = name === 'promises' ? promiseRows() : mutantRows(mutants, known);
    return rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
  });
}

function promiseRows(): string[][] {
  const rows = PROMISES.map(({ number, name, text, invariants, ofTheWhole = [] }) => {
    const asked = [...invariants.map(({ says }) => says), ...ofTheWhole].join(';<br>');
    return [`${number}. **${name}.** ${text}`, asked];
  });
  return [['Promise', 'Asked of every simulation'], ['---', '---'], ...rows];
}

function mutantRows(mutants: readonly Mutant[], known: KnownCatches): string[][] {
  const rows = mutants.map(({ name, promise, says }) => {
    const caught = known[name];
    const by =
      caught === undefined || caught.promise === promise
        ? (caught?.invariant ?? '')
        : `${caught.promise}: ${caught.invariant}`;
    return [String(promise), `\`${name}\``, says, String(caught?.seed ?? ''), by];
  });
  return [
    ['Promise', 'Mutant', 'What is broken', 'Seed', 'Caught by'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ];
}
