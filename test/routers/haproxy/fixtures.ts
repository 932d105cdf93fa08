import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import type { Address } from '../../../src/domain/target.ts';
import { haproxyConfigFile } from '../../../src/routers/haproxy/config-file.ts';
import { haproxySocket } from '../../../src/routers/haproxy/connection.ts';
import { HaproxyRouter, type HaproxyRouterOptions } from '../../../src/routers/haproxy/haproxy-router.ts';
import { CHECK_PATH } from '../../../src/testing/router-fixtures.ts';
import { freePort } from '../../support/free-port.ts';
import { type StartedProcess, startProcess } from '../../support/run-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A real HAProxy, started the way that systemd starts it: a master that a SIGUSR2 makes reload its config. */
export interface StartedHaproxy extends AsyncDisposable {
  readonly file: string;
  readonly socket: string;
  /** With the rights of an operator only. */
  readonly weakSocket: string;
  readonly url: string;
  readonly process: StartedProcess;
  router(options?: Partial<HaproxyRouterOptions>): HaproxyRouter;
  /** One line on the runtime socket. */
  ask(line: string): Promise<string>;
  /** Resolves when another process of HAProxy answers. */
  reload(): Promise<void>;
  config(): Promise<string>;
}

/** An operation that nobody gives up. */
export const CONTEXT: OperationContext = { signal: new AbortController().signal };

export async function startHaproxy(balance = 'roundrobin', checkPath = CHECK_PATH): Promise<StartedHaproxy> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const [file, socket, weakSocket] = ['haproxy.cfg', 'admin.sock', 'weak.sock'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  await writeFile(file, configText(port, socket, weakSocket, balance, checkPath));
  const process = startProcess(['haproxy', '-W', '-db', '-f', file], {
    cwd: folder.path,
    timeoutMs: 120_000,
  });
  const connection = haproxySocket(socket);
  const ask = (line: string) => connection(line, CONTEXT.signal);
  const pid = async () => /^Pid: (\d+)/m.exec(await ask('show info'))?.[1];
  await waitFor('HAProxy', pid);
  return {
    file,
    socket,
    weakSocket,
    process,
    ask,
    url: `http://127.0.0.1:${port}`,
    router: (options = {}) =>
      new HaproxyRouter({
        connection,
        config: haproxyConfigFile({ file }),
        serverOptions: ['inter', '50ms', 'fall', '2', 'rise', '1'],
        ...options,
      }),
    async reload() {
      const before = await pid();
      process.kill('SIGUSR2');
      await waitFor('the reload', async () => (await pid()) !== before);
    },
    config: () => readFile(file, 'utf8'),
    async [Symbol.asyncDispose]() {
      process.kill('SIGTERM');
      await process.ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

function configText(
  port: number,
  socket: string,
  weakSocket: string,
  balance: string,
  checkPath: string,
): string {
  return `global
    stats socket ${socket} mode 600 level admin expose-fd listeners
    stats socket ${weakSocket} mode 600 level operator
    hard-stop-after 5s

defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout check 1s
    retries 3
    option redispatch
    retry-on conn-failure empty-response 503
    option idle-close-on-response

frontend web
    bind 127.0.0.1:${port}
    default_backend api

backend api
    balance ${balance}
    option httpchk GET ${checkPath}
    # sluice begin api
    # sluice end api
`;
}

const SERVER = `
  const { createServer } = require('node:http');
  const [name, port] = process.argv.slice(1);
  createServer((request, response) => response.end(name)).listen(Number(port), '127.0.0.1');
`;

/** HTTP servers that answer with their names, each in a process of its own that can be killed. */
export class ServerProcesses implements AsyncDisposable {
  readonly #started: StartedProcess[] = [];

  async start(name: string): Promise<{ readonly address: Address; readonly process: StartedProcess }> {
    const port = await freePort();
    const started = startProcess([process.execPath, '-e', SERVER, name, String(port)]);
    this.#started.push(started);
    return { address: { host: '127.0.0.1', port }, process: started };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started) await started[Symbol.asyncDispose]();
  }
}
