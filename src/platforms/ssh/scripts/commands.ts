/** How a release is started, stopped and asked: the files of `meta/` that `verb` of the prelude runs. */
import { quoteCommand } from './quote.ts';
import type { RunOrder } from './run-order.ts';
import { systemdCommands } from './systemd.ts';

const MS_PER_SECOND = 1000;

/** By name. Each command gets `PORT` and `SLUICE_*`, begins in the folder of the release, and ends with 0 for yes. */
export function commandFiles(order: RunOrder): Record<string, string> {
  const { run } = order;
  if (run.kind === 'systemd') return systemdCommands({ ...order, run });
  const { start, stop, status, restart } = run;
  const files = { start, stop, status, ...(restart === undefined ? {} : { restart }) };
  return {
    ...Object.fromEntries(
      Object.entries(files).map(([name, argv]) => [name, `exec ${quoteCommand(argv)}\n`]),
    ),
    'stop-seconds': `${Math.ceil(order.stopTimeoutMs / MS_PER_SECOND)}\n`,
  };
}
