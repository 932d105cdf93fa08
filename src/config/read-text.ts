import { readFile, stat } from 'node:fs/promises';
import { ConfigError, messageOf } from '../errors.ts';
import { printable } from './words.ts';

const LARGEST_BYTES = 256 * 1024;

const REMEDY = 'Give the config as a file of text, in its place or with --config.';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by you',
  EPERM: 'may not be read by you',
  ELOOP: 'is a link to itself',
};

/**
 * The text of a config file.
 * @param shown the file as it is named in messages
 * @throws ConfigError when it is not there, not a file, too large, or not text
 */
export async function readText(file: string, shown: string): Promise<string> {
  const refuse = (what: string, cause?: unknown) =>
    new ConfigError([`${printable(shown) || '.'}: ${what}`], { cause, remedy: REMEDY });
  let bytes: Buffer;
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw refuse('is a folder');
    // A pipe or a device might never end.
    if (!found.isFile()) throw refuse('is not a file');
    if (found.size > LARGEST_BYTES) throw refuse(`is larger than ${LARGEST_BYTES / 1024} KiB`);
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw refuse(REASONS[code] ?? `cannot be read: ${messageOf(error)}`, error);
  }
  if (bytes.includes(0)) throw refuse('is not text (it holds NUL bytes)');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw refuse('is not UTF-8 text', error);
  }
}
