import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rotate } from '../../src/supervisor/log-files.ts';
import { followLines, tailLines } from '../../src/supervisor/log-reader.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('tailLines', () => {
  test.each([
    ['an empty file', '', []],
    ['one line', 'a\n', ['a']],
    ['a line that is not ended', 'a\nb', ['a', 'b']],
    ['empty lines', '\n\n\n', ['', '', '']],
    ['more lines than asked for', 'a\nb\nc\nd\n', ['b', 'c', 'd']],
    ['line ends of Windows', 'a\r\nb\r\n', ['a', 'b']],
  ])('%s', async (_what, content, lines) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, content);
    expect(await tailLines(file, 3)).toEqual(lines);
  });

  test('goes on in the file before', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(`${file}.1`, 'a\nb\nc\n');
    writeFileSync(file, 'd\n');
    expect(await tailLines(file, 3)).toEqual(['b', 'c', 'd']);
    expect(await tailLines(file, 1)).toEqual(['d']);
  });

  test('of a log that is not there is empty', async () => {
    await using folder = await temporaryFolder();
    expect(await tailLines(join(folder.path, 'none.log'), 3)).toEqual([]);
  });

  test('cuts a line that is too long, and does not read a huge file whole', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, `first\n${'x'.repeat(3_000_000)}\nlast\n`);
    const lines = await tailLines(file, 5);
    expect(lines.map((line) => line.length)).toEqual([4096, 4]);
    expect(lines[0]?.endsWith('…')).toBe(true);
  });

  test('is the end of the file, for any content and any number of lines', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 30 }),
        fc.integer({ min: 0, max: 40 }),
        async (lines, n) => {
          writeFileSync(file, lines.map((one) => `${one}\n`).join(''));
          expect(await tailLines(file, n)).toEqual(n === 0 ? [] : lines.slice(-n));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('followLines', () => {
  /** Follows the file; `next` gives so many lines. */
  function follow(file: string, lines = 0) {
    const abort = new AbortController();
    const following = followLines(file, { signal: abort.signal, lines, intervalMs: 2 });
    return {
      async next(count: number): Promise<string[]> {
        const got: string[] = [];
        while (got.length < count) {
          const { value, done } = await following.next();
          if (done) break;
          got.push(value);
        }
        return got;
      },
      async end(): Promise<void> {
        abort.abort();
        await following.return();
      },
    };
  }

  test('begins with lines of the past, then gives what is written, whole lines only', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, 'a\nb\nc\n');
    const log = follow(file, 2);
    expect(await log.next(2)).toEqual(['b', 'c']);
    appendFileSync(file, 'd\ne');
    expect(await log.next(1)).toEqual(['d']);
    appendFileSync(file, 'nd\n');
    expect(await log.next(1)).toEqual(['end']);
    await log.end();
  });

  test('loses nothing and repeats nothing over rotations', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, 'start\n');
    const log = follow(file, 1);
    expect(await log.next(1)).toEqual(['start']);
    for (const maxFiles of [2, 2, 5, 5]) {
      appendFileSync(file, 'before 1\nbefore 2\n');
      await rotate(file, maxFiles);
      appendFileSync(file, 'after\n');
      expect(await log.next(3)).toEqual(['before 1', 'before 2', 'after']);
    }
    await log.end();
  });

  test('a file that comes later is followed from its beginning', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    const log = follow(file);
    const line = log.next(1);
    await setTimeout(10);
    appendFileSync(file, 'first\n');
    expect(await line).toEqual(['first']);
    await log.end();
  });

  test('a character that comes in two parts is one', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, 'start\n');
    const log = follow(file, 1);
    await log.next(1);
    const bytes = Buffer.from('größe\n');
    appendFileSync(file, bytes.subarray(0, 3));
    const line = log.next(1);
    await setTimeout(10);
    appendFileSync(file, bytes.subarray(3));
    expect(await line).toEqual(['größe']);
    await log.end();
  });

  test('a line without end is handed on in parts', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, 'start\n');
    const log = follow(file, 1);
    await log.next(1);
    appendFileSync(file, 'x'.repeat(9_000));
    expect((await log.next(2)).map((part) => part.length)).toEqual([4096, 4096]);
    appendFileSync(file, '\n');
    expect(await log.next(1)).toEqual(['x'.repeat(9_000 - 8_192)]);
    await log.end();
  });

  test('ends with its signal, also while it waits', async () => {
    await using folder = await temporaryFolder();
    const abort = new AbortController();
    const following = followLines(join(folder.path, 'a.log'), { signal: abort.signal, intervalMs: 60_000 });
    const next = following.next();
    await setTimeout(5);
    abort.abort();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  test('a file that somebody else has cut is followed from its beginning', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    writeFileSync(file, 'a long line of the past\n');
    const log = follow(file, 1);
    await log.next(1);
    truncateSync(file);
    appendFileSync(file, 'new\n');
    expect(await log.next(1)).toEqual(['new']);
    await log.end();
  });
});
