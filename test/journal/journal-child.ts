/** A program that opens a journal and does with it what the messages of its parent say, one at a time. */
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Journal, Lease } from '../../src/journal/journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import type { Call, Reply } from './journal-process.ts';

let journal: SqliteJournal;

process.on('message', (call: Call) => void answer(call));
process.on('disconnect', () => process.exit());

async function answer({ method, args }: Call): Promise<void> {
  try {
    send({ value: await perform(method, args) });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    send({ code: code ?? 'UNKNOWN', message });
  }
}

async function perform(method: Call['method'], args: readonly unknown[]): Promise<unknown> {
  if (method === 'open') {
    journal = await SqliteJournal.open({ file: args[0] as string });
    return null;
  }
  if (method === 'appendForever') return await appendForever(...(args as Parameters<Journal['append']>));
  return await (journal[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

async function appendForever(
  deployment: string,
  expectedSeq: number,
  events: readonly DeploymentEvent[],
  lease: Lease,
): Promise<never> {
  for (let seq = expectedSeq; ; ) {
    seq = await journal.append(deployment, seq, events, lease);
    send({ value: seq });
  }
}

function send(reply: Reply): void {
  process.send!(reply);
}
