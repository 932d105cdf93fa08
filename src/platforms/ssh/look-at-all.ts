import { OperationError, UnreachableError } from '../../errors.ts';

const DEFAULT_TIMEOUT_MS = 20_000;
const MOST_TOLD = 3;

/**
 * Looks at all targets at once.
 * @param timeoutMs of each; default 20000
 * @throws UnreachableError when some could not be looked at, with what was seen on the others
 */
export async function lookAtAll<Seen>(
  targets: readonly string[],
  signal: AbortSignal,
  timeoutMs: number | undefined,
  look: (target: string, signal: AbortSignal) => Promise<readonly Seen[]>,
): Promise<Seen[]> {
  const limitMs = timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const unreachable = new Map<string, OperationError>();
  const seen = await Promise.all(
    targets.map(async (target) => {
      const limit = AbortSignal.timeout(limitMs);
      try {
        return await look(target, AbortSignal.any([signal, limit]));
      } catch (error) {
        // Given up by whoever asked: that says nothing about the host.
        if (signal.aborted) throw error;
        if (!limit.aborted && !(error instanceof OperationError)) throw error;
        unreachable.set(target, error instanceof OperationError ? error : tooSlow(target, limitMs));
        return [];
      }
    }),
  );
  if (unreachable.size === 0) return seen.flat();
  throw asOne(unreachable, seen.flat());
}

function tooSlow(target: string, limitMs: number): OperationError {
  return new OperationError(`${target} did not tell what runs within ${limitMs} ms`, {
    remedy: `Look whether ${target} is overloaded, or hangs.`,
  });
}

/** Of one target its own error, so that it is told as it is. */
function asOne<Seen>(
  unreachable: ReadonlyMap<string, OperationError>,
  seen: readonly Seen[],
): UnreachableError<Seen> {
  const errors = [...unreachable.values()];
  const messages = [...new Set(errors.map(({ message }) => message))];
  const more = messages.length > MOST_TOLD ? `; and ${messages.length - MOST_TOLD} more` : '';
  const [first] = errors;
  return new UnreachableError(`${messages.slice(0, MOST_TOLD).join('; ')}${more}`, {
    unreachable,
    seen,
    evidence: first?.evidence ?? {},
    retryable: errors.some(({ retryable }) => retryable),
    ...(first?.remedy === undefined ? {} : { remedy: first.remedy }),
  });
}
