/** Texts that must be nowhere, looked for while something goes on, and in files afterwards. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** A value as it is, and as JSON, URLs and base64 have it. */
export function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  return [...forms, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url')];
}

export interface Sightings {
  /** Command lines of any process of this machine that had one of the texts. */
  readonly commandLines: readonly string[];
  /** Working folders of processes of test hosts that had one in their environment. */
  readonly environments: readonly string[];
  readonly files: readonly string[];
  /** How often everything was looked at. */
  readonly rounds: number;
}

/** Looks until it is asked to end; whatever is there for long enough is seen. */
export async function watchForSecrets(
  needles: readonly string[],
  folders: readonly string[],
): Promise<{ end(): Promise<Sightings> }> {
  const worker = new Worker(new URL('./secret-watch.mjs', import.meta.url), {
    workerData: { needles, folders },
  });
  const found = { cmdline: [] as string[], environ: [] as string[], file: [] as string[] };
  let rounds = 0;
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  await new Promise<void>((resolve) => {
    worker.on('message', (message: Message) => {
      if ('ready' in message) resolve();
      else if ('rounds' in message) rounds = message.rounds;
      else found[message.kind].push(message.what);
    });
  });
  return {
    async end() {
      worker.postMessage('end');
      await ended;
      return { commandLines: found.cmdline, environments: found.environ, files: found.file, rounds };
    },
  };
}

type Message =
  | { readonly ready: true }
  | { readonly rounds: number }
  | { readonly kind: 'cmdline' | 'environ' | 'file'; readonly what: string };

/** The files in a folder, and below, that hold one of the texts. */
export function filesWith(needles: readonly string[], folder: string): string[] {
  const bytes = needles.map((needle) => Buffer.from(needle));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => lstatSync(file).isFile())
    .filter((file) => {
      const content = readFileSync(file);
      return bytes.some((needle) => content.includes(needle));
    });
}
