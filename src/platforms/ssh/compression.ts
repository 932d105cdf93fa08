/** Compresses what is sent. Zstandard where both sides have it, since it costs a third of what gzip does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { OperationError } from '../../errors.ts';

export type Compression = 'zstd' | 'gzip';

const GZIP_LEVEL = 4;

let zstdHere: Promise<boolean> | null = null;

/** Whether this machine has `zstd`. Asked once. */
function hasZstd(): Promise<boolean> {
  zstdHere ??= new Promise((resolve) => {
    const child = spawn('zstd', ['--version'], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  return zstdHere;
}

/** The best that both sides have; `null` when the host has none. */
export async function chooseCompression(tools: ReadonlySet<string>): Promise<Compression | null> {
  if (tools.has('zstd') && (await hasZstd())) return 'zstd';
  return tools.has('gzip') ? 'gzip' : null;
}

/** Everything of `source`, compressed, into `sink`, which is ended. What comes after it is another frame. */
export async function compress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  sink: Writable,
  signal: AbortSignal,
): Promise<void> {
  if (compression === 'gzip') {
    await pipeline(source, createGzip({ level: GZIP_LEVEL }), sink, { signal });
    return;
  }
  const child = spawn('zstd', ['-q', '-c', '-3'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  try {
    await Promise.all([pipeline(source, child.stdin, { signal }), pipeline(child.stdout, sink, { signal })]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    await closed;
  }
  if (child.exitCode !== 0) throw new OperationError(`zstd ended with exit code ${child.exitCode}`);
}

/** A small part, whole. */
export async function compressed(
  content: Buffer,
  compression: Compression,
  signal: AbortSignal,
): Promise<Buffer> {
  const sink = new PassThrough();
  const [result] = await Promise.all([
    buffer(sink),
    compress(Readable.from([content]), compression, sink, signal),
  ]);
  return result;
}
