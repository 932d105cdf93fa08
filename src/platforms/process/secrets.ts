/**
 * The secrets of a release: values that come from the environment of whoever deploys, and that are kept
 * neither in the plan nor in the journal, only beside the release's copy.
 *
 * A release carries a fingerprint of the values it was planned with, so that a changed password makes another
 * release, and going back to a release also goes back to its password. The fingerprint is keyed: who reads a
 * journal cannot try out passwords against it.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { writeDurably } from './files.ts';

export const SECRETS_FILE = 'secrets.json';
const KEY_FILE = 'secrets.key';
const KEY_BYTES = 32;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the values of a release's secrets are, with mode 0600, beside its copy. */
export function secretsFile(stateDir: string, service: string, release: string): string {
  return join(stateDir, 'releases', service, release, SECRETS_FILE);
}

/**
 * The values of the secrets, by name; `null` where there are no names.
 * @throws InvalidInputError naming those that the environment lacks
 */
export function secretsFrom(
  names: readonly string[],
  environment: Environment,
): Record<string, string> | null {
  if (names.length === 0) return null;
  const missing = names.filter((name) => environment[name] === undefined);
  if (missing.length > 0) {
    throw new InvalidInputError(`the environment lacks the secrets ${missing.join(', ')}`, {
      remedy: 'Set them in the environment of the command, such as from a password manager.',
    });
  }
  return Object.fromEntries(names.toSorted().map((name) => [name, environment[name] ?? '']));
}

/** A fingerprint of the values that can only be made with the key of the state folder. */
export async function fingerprintOf(
  secrets: Readonly<Record<string, string>>,
  stateDir: string,
): Promise<string> {
  const key = await keyOf(stateDir);
  return createHmac('sha256', key)
    .update(JSON.stringify(Object.entries(secrets).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');
}

async function keyOf(stateDir: string): Promise<string> {
  const file = join(stateDir, KEY_FILE);
  const key = await readFile(file, 'utf8').catch(() => null);
  if (key !== null) return key;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const candidate = `${file}.${randomUUID()}`;
  try {
    await writeDurably(candidate, randomBytes(KEY_BYTES).toString('hex'));
    // Unlike renaming it, this leaves alone a key that another process has just made.
    await link(candidate, file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(candidate, { force: true });
  }
  return await readFile(file, 'utf8');
}
