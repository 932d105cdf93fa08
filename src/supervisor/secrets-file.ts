/** The values of a release's secrets, in a JSON file that is read at each use, so that they are kept nowhere else. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Hide, hiding } from '../domain/secret-text.ts';
import { messageOf, OperationError } from '../errors.ts';

/** @throws OperationError when it cannot be read */
export async function readSecrets(file: string | null): Promise<Record<string, string>> {
  if (file === null) return {};
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new OperationError(`the secrets of the release cannot be read: ${messageOf(error)}`, {
      cause: error,
      retryable: false,
      remedy: 'Deploy the service again, so that they are stored anew.',
    });
  }
}

/** For the log of a service; where the values cannot be read, nobody can tell what to hide. */
export async function hidingSecretsIn(file: string | null): Promise<Hide> {
  return hiding(await readSecrets(file).catch(() => ({})));
}
