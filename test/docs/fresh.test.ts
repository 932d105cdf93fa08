/** What scripts write into the documentation is what they would write now; and what it shows can be used. */
import { describe, expect, test } from 'vitest';
import { renderCliReference } from '../../scripts/write-cli-reference.ts';
import { pictures } from '../../scripts/write-pictures.ts';
import { withPlans } from '../../scripts/write-plan-examples.ts';
import { loadText } from '../config/config-files.ts';
import { allPages, blocksOf, readPage } from './pages.ts';

test('docs/cli.md is what the verbs say; else run `npx jiti scripts/write-cli-reference.ts`', () => {
  expect(readPage('docs/cli.md')).toBe(renderCliReference());
});

test('docs/strategies.md has the plans as they are; else run `npx jiti scripts/write-plan-examples.ts`', async () => {
  const page = readPage('docs/strategies.md');
  expect(await withPlans(page)).toBe(page);
  expect(page.match(/next {6}sluice apply/g)).toHaveLength(page.match(/<!-- plan -->/g)?.length ?? 0);
});

test.each([...pictures()])(
  'docs/images/%s is the real screen; else run `npx jiti scripts/write-pictures.ts`',
  (name, picture) => {
    expect(readPage(`docs/images/${name}`)).toBe(picture);
  },
);

describe('configs', () => {
  const configs = allPages()
    .flatMap(blocksOf)
    .filter((block) => block.language === 'yaml');

  test.each(configs)('the config in $page, line $line, is one', async ({ text }) => {
    const { config } = await loadText(text);
    expect(config.services).not.toEqual([]);
  });
});
