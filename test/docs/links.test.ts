/** What pages point to is there: files, headings, and the tests that a promise is proven by. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allPages, prose, REPOSITORY, readPage } from './pages.ts';

const LINK = /\]\(([^)\s]+)\)/g;
/** A path of the repository as it stands in running text: `test/domain/`, `bench/RESULTS.md`. */
const PATH = /`((?:bench|decisions|docs|examples|scripts|src|test)\/[\w./*-]*)`/g;

describe.each(allPages())('%s', (page) => {
  const text = readPage(page);
  const folder = dirname(join(REPOSITORY, page));

  test('links to files and headings that exist', () => {
    const links = [...prose(text).matchAll(LINK)].map(([, target = '']) => target);
    const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(link));
    expect(broken).toEqual([]);
  });

  test('names paths that exist', () => {
    const paths = [...text.matchAll(PATH)].map(([, path = '']) => path);
    expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });

  function leadsSomewhere(link: string): boolean {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? join(REPOSITORY, page) : join(folder, path);
    if (!existsSync(file)) return false;
    return anchor === undefined || anchorsOf(file).has(anchor);
  }
});

function anchorsOf(file: string): Set<string> {
  const text = readPage(file.slice(REPOSITORY.length + 1));
  const headings = [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(headings.map(anchorOf));
}

/** As forges make it: lower case, dashes for spaces, and only letters, digits, dashes and underscores. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
