/** The pages of the documentation, and the blocks of code in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Not ours, or made anew by each build. */
const NOT_PAGES = new Set(['node_modules', 'dist', 'demo', 'coverage', '.git', '.sluice']);

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
  /** What stands behind the fence: `ts`, `sh`. */
  readonly language: string;
  readonly text: string;
  /** What an HTML comment right above it says: `run`, `file: server.js`. */
  readonly mark: string | null;
}

/** Every Markdown file of the repository, relative to it. */
export function allPages(folder = REPOSITORY): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_PAGES.has(entry.name) ? [] : allPages(path);
    return entry.name.endsWith('.md') ? [relative(REPOSITORY, path)] : [];
  });
}

export function readPage(page: string): string {
  return readFileSync(join(REPOSITORY, page), 'utf8');
}

/** The blocks of a page, in their order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; mark: string | null; lines: string[] } | null = null;
  let above = '';
  for (const [index, line] of readPage(page).split('\n').entries()) {
    if (open !== null && line === '```') {
      const { lines, ...rest } = open;
      blocks.push({ page, ...rest, text: lines.map((one) => `${one}\n`).join('') });
      open = null;
    } else if (open !== null) {
      open.lines.push(line);
    } else if (line.startsWith('```')) {
      const mark = /^<!-- (.*) -->$/.exec(above)?.[1] ?? null;
      open = { language: line.slice(3), line: index + 2, mark, lines: [] };
    }
    above = line;
  }
  return blocks;
}

/** The page without its blocks and inline code: what is left has links and headings. */
export function prose(text: string): string {
  return text
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
}
