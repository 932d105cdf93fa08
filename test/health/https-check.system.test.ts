import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { type HttpCheckOptions, httpCheck } from '../../src/health/http-check.ts';
import { runCheck } from '../../src/health/run-check.ts';
import { requires } from '../support/requires.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startServer, type TestServer } from './http-server.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that signed itself, for a name and for 127.0.0.1. */
async function selfSigned(folder: string, name: string, names: string): Promise<Pair> {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
  const files = ['-keyout', keyFile, '-out', certFile];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...curve, ...subject, ...files]);
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

describe.runIf(requires('openssl'))('HTTPS', () => {
  let folder: TemporaryFolder;
  let trusted: Pair;
  let named: Pair;

  beforeAll(async () => {
    folder = await temporaryFolder();
    trusted = await selfSigned(folder.path, 'local', 'IP:127.0.0.1,DNS:localhost');
    named = await selfSigned(folder.path, 'api.example.com', 'DNS:api.example.com');
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function ask(server: TestServer, options: HttpCheckOptions): Promise<string> {
    const { status, message } = await runCheck(httpCheck({ path: '/', ...options }), server.subject);
    return `${status}: ${message.replaceAll(`127.0.0.1:${server.port}`, 'ADDRESS').replace(/in \d+ ms/, 'in N ms')}`;
  }

  test('with a trusted certificate is healthy', async () => {
    await using server = await startServer((_request, response) => response.end('ok'), trusted);
    expect(await ask(server, { tls: { ca: trusted.cert } })).toBe('healthy: HTTP 200 in N ms');
    expect(await ask(server, { tls: { ca: [named.cert, trusted.cert] } })).toBe('healthy: HTTP 200 in N ms');
  });

  test('with a certificate that nobody vouches for is refused, unless it need not be good', async () => {
    await using server = await startServer((_request, response) => response.end('ok'), trusted);
    expect(await ask(server, { tls: {} })).toBe(
      'unhealthy: certificate refused (self-signed certificate) from ADDRESS',
    );
    expect(await ask(server, { tls: { rejectUnauthorized: false } })).toBe('healthy: HTTP 200 in N ms');
    // What was accepted once is not remembered.
    expect(await ask(server, { tls: {} })).toContain('certificate refused');
  });

  test('with a certificate for another name is refused, unless that name is asked for', async () => {
    await using server = await startServer((_request, response) => response.end('ok'), named);
    expect(await ask(server, { tls: { ca: named.cert } })).toMatch(
      /^unhealthy: certificate refused \(Hostname\/IP does not match certificate's altnames: .*\) from ADDRESS$/,
    );
    expect(await ask(server, { tls: { ca: named.cert, servername: 'api.example.com' } })).toBe(
      'healthy: HTTP 200 in N ms',
    );
  });

  test('shows its own certificate to a server that wants one', async () => {
    const wantsOne = { ...trusted, requestCert: true, ca: [named.cert] };
    await using server = await startServer((_request, response) => response.end('ok'), wantsOne);
    expect(await ask(server, { tls: { ca: trusted.cert, ...named } })).toBe('healthy: HTTP 200 in N ms');
    expect(await ask(server, { tls: { ca: trusted.cert } })).toMatch(/^unhealthy: /);
  });

  test('to a server that speaks HTTP says so', async () => {
    await using server = await startServer((_request, response) => response.end('ok'));
    expect(await ask(server, { tls: {} })).toBe('unhealthy: TLS failed (wrong version number) with ADDRESS');
  });

  test('to a server that hangs in the handshake times out', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const check = httpCheck({ path: '/', tls: {}, timeoutMs: 50 });
    const { message } = await runCheck(check, { address: { host: '127.0.0.1', port } });
    expect(message).toBe(`timed out after 50 ms: no TLS connection to 127.0.0.1:${port}`);
    silent.close();
  });

  test('plain HTTP to a server that speaks HTTPS is unhealthy', async () => {
    await using server = await startServer((_request, response) => response.end('ok'), trusted);
    expect(await ask(server, {})).toMatch(/^unhealthy: /);
  });

  test('keeps trust, but not its own certificate, when a redirect leads to another origin', async () => {
    const peers: boolean[] = [];
    const wantsOne = { ...trusted, requestCert: true, rejectUnauthorized: false };
    await using other = await startServer((request, response) => {
      const socket = request.socket as TLSSocket;
      peers.push(Object.keys(socket.getPeerCertificate()).length > 0);
      response.end('ok');
    }, wantsOne);
    await using server = await startServer((request, response) => {
      const socket = request.socket as TLSSocket;
      peers.push(Object.keys(socket.getPeerCertificate()).length > 0);
      response.writeHead(302, { location: `https://127.0.0.1:${other.port}/` }).end();
    }, wantsOne);
    const tls = { ca: trusted.cert, ...named };
    expect(await ask(server, { tls, redirects: 'follow' })).toBe('healthy: HTTP 200 in N ms');
    expect(peers).toEqual([true, false]);
  });

  test('a key that belongs to another certificate is refused when the check is made', () => {
    const tls = { cert: trusted.cert, key: named.key };
    expect(() => httpCheck({ path: '/', tls })).toThrow(InvalidInputError);
  });
});
