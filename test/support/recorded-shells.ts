/** Any shells, with a record of what was run on them. */
import { buffer } from 'node:stream/consumers';
import type { RemoteShell, RemoteShells, RunOptions } from '../../src/platforms/ssh/remote-shell.ts';

/** One script that was run: one round trip. */
export interface Trip {
  readonly host: string;
  readonly script: string;
  /** Bytes that it was sent beside the script. */
  readonly sent: number;
}

export class RecordedShells implements RemoteShells {
  /** Every script that was run, in order. */
  readonly trips: Trip[] = [];
  /** Replaces what a script gets on its standard input: it was changed on the way. */
  alter: ((input: Buffer) => Buffer) | null = null;
  readonly #shells: RemoteShells;

  constructor(shells: RemoteShells) {
    this.#shells = shells;
  }

  shell(host: string): RemoteShell {
    const shell = this.#shells.shell(host);
    return { host, run: (script, options) => this.#run(shell, script, options) };
  }

  addressOf(host: string): Promise<string> {
    return this.#shells.addressOf(host);
  }

  async close(): Promise<void> {
    await this.#shells.close();
  }

  async #run(shell: RemoteShell, script: string, options: RunOptions) {
    const { signal, input, inputBytes = 0 } = options;
    const sent = input instanceof Uint8Array ? input.byteLength : inputBytes;
    this.trips.push({ host: shell.host, script, sent });
    if (this.alter === null || input === undefined) return await shell.run(script, options);
    const whole = input instanceof Uint8Array ? Buffer.from(input) : await buffer(input);
    return await shell.run(script, { signal, input: this.alter(whole) });
  }
}
