/**
 * The shells of hosts without hosts: the same session over a plain local `sh`, a process of its own for each.
 * A host is a folder of this machine, where a session begins as a login does in its home.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../../src/platforms/ssh/connection.ts';
import { HostShells } from '../../src/platforms/ssh/host-shells.ts';
import { LOADER } from '../../src/platforms/ssh/session-script.ts';

export interface LocalShellsOptions {
  /** Where the folders of the hosts are. */
  readonly folder: string;
  /** The program that is `sh` on them: absolute. Default: this machine's. */
  readonly sh?: string;
}

export class LocalShells extends HostShells {
  /** The `PATH` of a login. */
  path = process.env.PATH ?? '/usr/bin:/bin';
  readonly #folder: string;

  constructor({ folder, sh = '/bin/sh' }: LocalShellsOptions) {
    const bin = join(folder, '.bin');
    mkdirSync(bin, { recursive: true });
    const link = join(bin, 'sh');
    symlinkSync(sh, link);
    super(async (host) => {
      const home = this.home(host);
      mkdirSync(home, { recursive: true });
      const child = spawn(link, ['-c', LOADER.replace('/bin/sh', () => `'${link}'`)], {
        stdio: ['pipe', 'pipe', 'pipe'],
        cwd: home,
        env: { PATH: `${bin}:${this.path}`, HOME: home },
      });
      return new Connection(host, child, () => '');
    });
    this.#folder = folder;
  }

  /** The folder that is the host. */
  home(host: string): string {
    return join(this.#folder, encodeURIComponent(host));
  }
}
