/** The program of the supervisor: `main.js <stateDir> [idleExitMs]`. Started by `SupervisorClient`, detached. */
import { writeSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { takeLock } from './exclusive-lock.ts';
import { COULD_NOT_BEGIN } from './exit-codes.ts';
import { Supervisor } from './supervisor.ts';

const DEFAULT_IDLE_EXIT_MS = 10_000;

const [stateDir = '', idleExit] = process.argv.slice(2);

try {
  await main();
} catch (error) {
  // Whoever started it shows the end of this log.
  report(messageOf(error));
  process.exit(COULD_NOT_BEGIN);
}

async function main(): Promise<void> {
  const holder = await takeLock(stateDir, 'supervisor.lock');
  if (holder !== null) {
    report(`not started: the supervisor with pid ${holder.pid} runs`);
    return;
  }
  const idleExitMs = idleExit === undefined ? DEFAULT_IDLE_EXIT_MS : Number(idleExit);
  const supervisor = new Supervisor({ stateDir, idleExitMs, report });
  // A terminal that is closed is no reason to end.
  process.on('SIGHUP', () => {});
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void supervisor.end(`it got ${signal}`));
  }
  await supervisor.start();
  report('started');
  await supervisor.ended;
  process.exit();
}

function report(line: string): void {
  try {
    writeSync(process.stderr.fd, `${new Date().toISOString()} ${process.pid} ${line}\n`);
  } catch {
    // The disk is full. That is no reason to end.
  }
}
