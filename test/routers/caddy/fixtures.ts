import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import { caddyAdmin } from '../../../src/routers/caddy/admin.ts';
import { CaddyRouter, type CaddyRouterOptions } from '../../../src/routers/caddy/caddy-router.ts';
import { freePort } from '../../support/free-port.ts';
import { type StartedProcess, startProcess } from '../../support/run-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ask } from '../ask.ts';

/** A real Caddy, in a folder of its own. */
export interface StartedCaddy extends AsyncDisposable {
  /** `127.0.0.1:PORT` of its admin API, and the unix socket where it has one. */
  readonly admin: string;
  readonly url: string;
  readonly process: StartedProcess;
  router(options?: Partial<CaddyRouterOptions>): CaddyRouter;
}

/** An operation that nobody gives up. */
export const CONTEXT: OperationContext = { signal: new AbortController().signal };

export interface CaddyOptions {
  /** The route of the service `api`. */
  readonly route?: object;
  /** Its admin API listens on a unix socket. */
  readonly socket?: boolean;
}

export const ROUTE = {
  '@id': 'api',
  match: [{ path: ['/*'] }],
  handle: [
    { handler: 'headers', response: { set: { 'x-site': ['mine'] } } },
    {
      handler: 'reverse_proxy',
      upstreams: [],
      load_balancing: { selection_policy: { policy: 'round_robin' }, retries: 2, try_interval: 50_000_000 },
    },
  ],
};

export async function startCaddy({
  route = ROUTE,
  socket = false,
}: CaddyOptions = {}): Promise<StartedCaddy> {
  const folder = await temporaryFolder();
  const [adminPort, port] = [await freePort(), await freePort()];
  const admin = socket ? join(folder.path, 'admin.sock') : `127.0.0.1:${adminPort}`;
  const config = {
    admin: {
      listen: socket ? `unix/${admin}` : admin,
      ...(socket && { origins: ['localhost'] }),
      config: { persist: false },
    },
    apps: { http: { servers: { web: { listen: [`127.0.0.1:${port}`], routes: [route] } } } },
  };
  const file = join(folder.path, 'caddy.json');
  await writeFile(file, JSON.stringify(config));
  const env = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const process = startProcess(['caddy', 'run', '--config', file], {
    cwd: folder.path,
    env,
    timeoutMs: 120_000,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('Caddy', async () => (await ask(url)) === '');
  return {
    admin,
    url,
    process,
    router: (options = {}) => new CaddyRouter({ admin: caddyAdmin(admin), ...options }),
    async [Symbol.asyncDispose]() {
      process.kill('SIGKILL');
      await process.ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}
