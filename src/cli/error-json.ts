import { messageOf, OperationError, SluiceError } from '../errors.ts';

/** An error as `--json` prints it. */
export function errorJson(error: unknown): Record<string, unknown> {
  if (!(error instanceof SluiceError)) return { code: 'UNEXPECTED', message: messageOf(error) };
  return {
    code: error.code,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error instanceof OperationError ? { evidence: error.evidence } : {}),
  };
}
