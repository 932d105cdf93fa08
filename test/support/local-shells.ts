/** The shells of hosts without hosts: the same session over a plain local `sh`, for each host a process of its own. */
import { spawn } from 'node:child_process';
import { Connection } from '../../src/platforms/ssh/connection.ts';
import { HostShells } from '../../src/platforms/ssh/host-shells.ts';
import { LOADER } from '../../src/platforms/ssh/session-script.ts';

export interface LocalShellsOptions {
  /** What is `$HOME` and the working folder on a host. Default: this process's own. */
  readonly folder?: (host: string) => string;
}

export class LocalShells extends HostShells {
  constructor({ folder }: LocalShellsOptions = {}) {
    super(async (host) => {
      const home = folder?.(host);
      const child = spawn('sh', ['-c', LOADER], {
        stdio: ['pipe', 'pipe', 'pipe'],
        ...(home === undefined ? {} : { cwd: home, env: { ...process.env, HOME: home } }),
      });
      return new Connection(host, child, () => '');
    });
  }
}
