/** docs/getting-started.md, followed to the letter in an empty folder: its commands print what it says. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type ProcessResult, runProcess } from '../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { blocksOf, REPOSITORY } from './pages.ts';

const PAGE = 'docs/getting-started.md';
const PAGE_PORT = '8080';
const COMMAND_TIMEOUT_MS = 60_000;
/** For machines without curl. */
const CURL = `#!/bin/sh
exec node -e "fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text))" "$2"
`;

let folder: TemporaryFolder;
let shop: string;
let port: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  shop = join(folder.path, 'shop');
  port = String(await freePort());
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  await mkdir(shop);
  await symlink(join(REPOSITORY, 'dist/cli/main.js'), join(bin, 'sluice'));
  await writeFile(join(bin, 'curl'), CURL, { mode: 0o755 });
});

afterAll(async () => {
  await shell('sluice stop --all');
  await folder[Symbol.asyncDispose]();
});

test('every command does and prints what the page says', { timeout: 120_000 }, async () => {
  let printed: ProcessResult | null = null;
  let commands = 0;
  for (const { language, text, mark, line } of blocksOf(PAGE)) {
    const where = `${PAGE}, line ${line}`;
    if (mark?.startsWith('file: ')) {
      await writeFile(join(shop, mark.slice('file: '.length)), text.replaceAll(PAGE_PORT, port));
    } else if (language === 'sh' && mark?.startsWith('run')) {
      printed = await shell(text);
      commands++;
      const expected = Number(/exit code (\d)/.exec(mark)?.[1] ?? 0);
      expect({ where, ...printed }).toMatchObject({ exitCode: expected });
    } else if (language === 'text' && printed !== null) {
      expect(where + alike(printed.stdout)).toContain(alike(text));
    }
  }
  expect(commands).toBeGreaterThan(10);
});

function shell(lines: string): Promise<ProcessResult> {
  return runProcess(['sh', '-e', '-c', lines.replaceAll(PAGE_PORT, port)], {
    cwd: shop,
    timeoutMs: COMMAND_TIMEOUT_MS,
    env: {
      PATH: [join(folder.path, 'bin'), process.env.PATH].join(delimiter),
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      SLUICE_CONFIG: undefined,
      SLUICE_ENVIRONMENT: undefined,
    },
  });
}

/** The lines without what differs from one run, and one machine, to another. */
function alike(text: string): string {
  const lines = text
    .replaceAll(port, PAGE_PORT)
    .replaceAll(shop, '/home/ann/shop')
    .replace(/\S+@\S+/g, 'ann@laptop')
    .replace(/\/\S*\/node$/gm, 'NODE')
    .replace(/\bv\d+\.\d+\.\d+/g, 'VERSION')
    .replace(/(?<=plan |apply )[0-9a-f]{8}/g, 'DIGEST')
    .replace(/\b\d+(?:\.\d+)? (?:ms|s|min)(?: ago)?\b|just now/g, 'TIME')
    .replace(/\b\d+ MB\b/g, 'SIZE')
    .replace(/\bpid \d+/g, 'PID')
    .replace(/just started|started TIME/g, 'STARTED')
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' ').trim());
  return `\n${lines.join('\n')}\n`;
}
