import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux gives to whoever connects, or listens on port 0: nobody else takes one meanwhile. */
const FIRST = 10_000;
const END = 32_000;

const given = new Set<number>();

/**
 * A port of 127.0.0.1 where nothing listened a moment ago, and that no other call of this process returns. Prefer port
 * 0 where the listener can be asked.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
