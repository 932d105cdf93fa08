import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CheckSubject } from '../../src/health/health-check.ts';

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** The server as a subject of checks. */
  readonly subject: CheckSubject & { readonly address: { readonly host: string; readonly port: number } };
  /** Connections accepted so far. */
  readonly connections: number;
}

/** An HTTP server on a free port of 127.0.0.1; HTTPS with `tls`. `await using` stops it. */
export async function startServer(listener: RequestListener, tls?: ServerOptions): Promise<TestServer> {
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  let connections = 0;
  server.on('connection', () => connections++);
  // A client that refuses our certificate is what some tests are about.
  server.on('tlsClientError', () => {});
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    subject: { target: 'web-1', address: { host: '127.0.0.1', port } },
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
