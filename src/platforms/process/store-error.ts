import { messageOf, OperationError, SluiceError } from '../../errors.ts';

/** What went wrong with the files of a release, in words, and whether to try again. */
export function storeError(what: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OperationError(`${what}: the disk is full`, {
        cause: error,
        retryable: false,
        remedy: 'Free some space, or keep fewer releases (`keepReleases`).',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new OperationError(`${what}: ${messageOf(error)}`, {
        cause: error,
        retryable: false,
        remedy: 'Make the file readable, and the state folder writable, for the user that runs Sluice.',
      });
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
      return new OperationError(`${what}: ${messageOf(error)}`, {
        cause: error,
        remedy: 'Somebody writes to the folder while it is read: try again when it is at rest.',
      });
    default:
      return new OperationError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
