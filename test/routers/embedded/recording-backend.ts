/** A backend that reads HTTP by rules of its own, stricter than any server's, and keeps what it was sent. */
import type { Socket } from 'node:net';
import { TestServer } from './fixtures.ts';

const REQUEST_LINE = /^([A-Z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.1$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t\x20-\x7e\x80-\xff]*)$/;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export class RecordingBackend {
  readonly requests: RecordedRequest[] = [];
  /** What could be read in two ways, or not at all. */
  readonly faults: string[] = [];
  /** All bytes of all connections, in the order in which they came. */
  bytes = '';

  /** Answers each request that is whole with `answer`. */
  async listen(answer = ANSWER): Promise<TestServer> {
    return TestServer.raw((socket) => this.#read(socket, answer));
  }

  #read(socket: Socket, answer: string): void {
    let rest = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      this.bytes += data;
      rest += data;
      for (;;) {
        try {
          const read = readRequest(rest);
          if (read === null) return;
          this.requests.push(read.request);
          rest = read.rest;
        } catch (fault) {
          this.faults.push(`${(fault as Error).message}: ${JSON.stringify(rest)}`);
          socket.destroy();
          return;
        }
        socket.write(answer, 'latin1');
      }
    });
  }
}

/** The first request of the bytes, and what follows it; `null` while it is not whole. Throws when it is unclear. */
function readRequest(bytes: string): { request: RecordedRequest; rest: string } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [line = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const [, method = '', target = ''] = REQUEST_LINE.exec(line) ?? fault('request line');
  const headers = lines.map((header) => {
    const [, name = '', value = ''] = HEADER.exec(header) ?? fault('header');
    return [name, value] as const;
  });
  const valuesOf = (wanted: string) =>
    headers.flatMap(([name, value]) => (name.toLowerCase().replaceAll('_', '-') === wanted ? [value] : []));
  const lengths = valuesOf('content-length');
  const codings = valuesOf('transfer-encoding');
  if (lengths.length + codings.length > 1) fault('framing');
  if (valuesOf('host').length !== 1) fault('host');
  const after = bytes.slice(end + 4);
  const read = codings.length > 0 ? readChunks(after, codings[0]) : readLength(after, lengths[0] ?? '0');
  if (read === null) return null;
  return { request: { method, target, headers, body: read.body }, rest: read.rest };
}

function readLength(bytes: string, length: string): { body: string; rest: string } | null {
  if (!/^(?:0|[1-9]\d{0,14})$/.test(length)) fault('length');
  const end = Number(length);
  return bytes.length < end ? null : { body: bytes.slice(0, end), rest: bytes.slice(end) };
}

function readChunks(bytes: string, coding: string | undefined): { body: string; rest: string } | null {
  if (coding !== 'chunked') fault('coding');
  let body = '';
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end === -1) return null;
    const text = bytes.slice(at, end);
    if (!/^[0-9a-f]{1,8}$/.test(text)) fault('chunk');
    const size = Number.parseInt(text, 16);
    const next = end + 2 + size;
    if (bytes.length < next + 2) return null;
    if (bytes.slice(next, next + 2) !== '\r\n') fault('end of chunk');
    body += bytes.slice(end + 2, next);
    at = next + 2;
    if (size === 0) return { body, rest: bytes.slice(at) };
  }
}

function fault(what: string): never {
  throw new Error(what);
}
