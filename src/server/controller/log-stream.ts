/** Logs of a service: their ends, and as they are written. */
import { InvalidInputError, messageOf, OperationError } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import type { InstanceLog } from '../../project/fleet/fleet.ts';
import { followLogs } from '../../project/follow-logs.ts';
import { logsOf } from '../../project/logs.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { LogLine } from '../operations.ts';

/** Lines that wait for whoever reads them; no more is read from the logs then. */
const MOST_WAITING = 1_000;

export async function tailLogs(
  journal: Journal,
  deployer: ServiceDeployer,
  lines: number,
  target: string | undefined,
): Promise<LogLine[]> {
  const logs = await meantLogs(journal, deployer, target);
  const tails = await Promise.allSettled(
    logs.map(async (log) => {
      const tail = await deployer.fleet.logTail(log, lines);
      return tail.map((line): LogLine => ({ ...log, line }));
    }),
  );
  const read = tails.flatMap((tail) => (tail.status === 'fulfilled' ? [tail.value] : []));
  const [failed] = tails.filter((tail) => tail.status === 'rejected');
  // One that cannot be read does not hide the others.
  if (failed !== undefined && read.length === 0) throw failed.reason;
  return read.flat();
}

/** Ends when `signal` is aborted, or no log can be read any more: then it throws. */
export async function* streamLogs(
  journal: Journal,
  deployer: ServiceDeployer,
  lines: number,
  target: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, void> {
  const first = await meantLogs(journal, deployer, target);
  const waiting: LogLine[] = [];
  let wake = () => {};
  let resume = () => {};
  let trouble: string | null = null;
  let isOver = false;
  const ending = new AbortController();
  const following = followLogs(deployer, {
    first,
    lines,
    isMeant: (log) => target === undefined || log.target === target,
    signal: AbortSignal.any([signal, ending.signal]),
    onLine: async ({ target: from, release }, line) => {
      waiting.push({ target: from, release, line });
      wake();
      while (waiting.length >= MOST_WAITING && !ending.signal.aborted && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const before = resume;
          resume = () => {
            before();
            resolve();
          };
        });
      }
    },
    onTrouble: (words) => {
      trouble = words;
    },
  });
  const over = () => {
    isOver = true;
    wake();
  };
  following.then(over, over);
  signal.addEventListener('abort', () => resume(), { once: true });
  try {
    for (;;) {
      const lines = waiting.splice(0);
      resume();
      resume = () => {};
      yield* lines;
      if (waiting.length > 0) continue;
      if (isOver) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!(await following)) throw new OperationError(trouble ?? 'no log can be read any more');
  } finally {
    ending.abort();
    resume();
  }
}

/** @throws InvalidInputError when there are none, or what looking has failed with */
async function meantLogs(
  journal: Journal,
  deployer: ServiceDeployer,
  target: string | undefined,
): Promise<readonly InstanceLog[]> {
  const { found, unreachable } = await logsOf(journal, deployer);
  const meant = found.filter((log) => target === undefined || log.target === target);
  if (meant.length > 0) return meant;
  const [first] = unreachable.values();
  if (first !== undefined) throw new OperationError(messageOf(first), { cause: first });
  throw new InvalidInputError(`there are no logs of ${target ?? deployer.service.name}`, {
    remedy: 'Its status shows what runs.',
  });
}
