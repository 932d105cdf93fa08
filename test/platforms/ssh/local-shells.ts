/**
 * Shells on "hosts" that are folders of this machine: each script is run by a real `sh` that begins in the
 * host's folder, as a login begins in its home. Everything is real but the way there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type {
  RemoteResult,
  RemoteShell,
  RemoteShells,
  RunOptions,
} from '../../../src/platforms/ssh/remote-shell.ts';

export interface Trip {
  readonly host: string;
  readonly script: string;
  /** Bytes that it was sent beside the script. */
  readonly sent: number;
}

export class LocalShells implements RemoteShells {
  /** Every script that was run, in order. */
  readonly trips: Trip[] = [];
  readonly #folder: string;
  readonly #sh: readonly string[];
  /** Replaces what a script gets on its standard input: a connection that is cut or changed on the way. */
  alter: ((input: Buffer) => Buffer) | null = null;

  /** The `PATH` of a login. */
  path = process.env.PATH ?? '/usr/bin:/bin';

  constructor(folder: string, sh: readonly string[] = ['sh']) {
    this.#folder = folder;
    this.#sh = sh;
  }

  /** The folder that is the host. */
  home(host: string): string {
    return join(this.#folder, encodeURIComponent(host));
  }

  shell(host: string): RemoteShell {
    return { host, run: (script, options) => this.#run(host, script, options) };
  }

  async close(): Promise<void> {}

  async #run(host: string, script: string, { signal, input }: RunOptions): Promise<RemoteResult> {
    signal.throwIfAborted();
    const home = this.home(host);
    mkdirSync(home, { recursive: true });
    const bytes = await allOf(input);
    this.trips.push({ host, script, sent: bytes.length });
    const [program = 'sh', ...rest] = this.#sh;
    const child = spawn(program, [...rest, '-c', script], {
      cwd: home,
      env: { PATH: this.path, HOME: home },
      detached: true,
    });
    const kill = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    const closed = once(child, 'close');
    const sent = pipeline(Readable.from([this.alter?.(bytes) ?? bytes]), child.stdin).catch(() => {});
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), sent]);
    await closed;
    signal.removeEventListener('abort', kill);
    signal.throwIfAborted();
    return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
  }
}

async function allOf(input: RunOptions['input']): Promise<Buffer> {
  if (input === undefined) return Buffer.alloc(0);
  if (input instanceof Uint8Array) return Buffer.from(input);
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}
