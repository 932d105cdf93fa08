/** Builds the hunter, with the simulator and the core, as one file: as they are, or with one mutant in them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import type { Mutant } from './mutant.ts';

const SOURCES = resolve(import.meta.dirname, '../../../src');
const HUNTER = join(import.meta.dirname, 'hunter.ts');

/** The mutant's files with the fault in them, by path. Throws when one of its texts is not there exactly once. */
export function mutated(mutant: Mutant): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of [mutant, ...(mutant.and ?? [])]) {
    const path = join(SOURCES, file);
    const text = texts.get(path) ?? readFileSync(path, 'utf8');
    const [before, after, ...more] = text.split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      const times = text.split(find).length - 1;
      throw new Error(
        `mutant ${mutant.name}: its text is ${times} times in src/${file}, not once. Adapt it to what is there:\n${find}`,
      );
    }
    texts.set(path, `${before}${replace}${after}`);
  }
  return texts;
}

/**
 * @param mutant `null`: none
 * @param out the file to write
 */
export async function build(mutant: Mutant | null, out: string): Promise<void> {
  const texts = mutant === null ? new Map<string, string>() : mutated(mutant);
  const unused = new Set(texts.keys());
  const bundle = await rolldown({
    input: HUNTER,
    platform: 'node',
    external: /^[^./]/,
    logLevel: 'warn',
    plugins: [
      {
        name: 'mutant',
        load(id) {
          unused.delete(id);
          return texts.get(id) ?? null;
        },
      },
    ],
  });
  await bundle.write({ file: out, format: 'esm' });
  await bundle.close();
  for (const path of unused) throw new Error(`mutant ${mutant?.name}: the simulator does not use ${path}`);
}
