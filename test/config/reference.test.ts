import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { renderReference } from '../../scripts/write-config-reference.ts';
import { loadText } from './config-files.ts';

const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

describe('docs/configuration.md', () => {
  test('is what the schema says; else run `npx jiti scripts/write-config-reference.ts`', () => {
    expect(page).toBe(renderReference());
  });

  const blocks = [...page.matchAll(/^```(yaml|ts)\n(.*?)^```$/gms)].map(([, language, text]) => [
    language,
    text,
  ]);

  test('has examples', () => {
    expect(blocks.map(([language]) => language)).toEqual(['yaml', 'yaml', 'ts']);
  });

  test.each(blocks)('has an example in %s that is a config', async (language, text = '') => {
    const { config } = await loadText(text, `sluice.config.${language}`);
    expect(config.services).toContain('api');
  });

  test('tells of every key a type, a default or that it is needed, a meaning and an example', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(80);
    const isTold = (row: string) => {
      const [, key = '', type, , meaning = '', example = ''] = row
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      const name = /^`(\w+)`$/.exec(key)?.[1];
      return type !== '' && /^[A-Z`].*\.$/.test(meaning) && example.startsWith(`\`${name}: `);
    };
    expect(rows.filter((row) => !isTold(row))).toEqual([]);
  });
});
