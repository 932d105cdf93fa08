/** Hands out ports of 127.0.0.1 that nobody listens on, none twice. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** More tries than there are ports that the picker may have handed out and that are not in use yet. */
const MOST_TRIES = 10_000;

export class PortPicker {
  readonly #taken = new Set<number>();

  /**
   * A free port. The kernel chooses: it keeps the ports that it gives for listening apart from those of
   * outgoing connections, for as long as half of them are free, so that one that is handed out here is
   * seldom taken by a connection before, or between, the starts of its instance.
   */
  async pick(): Promise<number> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const port = await freePort();
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    throw new Error(`no free port of 127.0.0.1 in ${MOST_TRIES} tries`);
  }

  /** Keeps a port that was handed out by an earlier supervisor. */
  keep(port: number): void {
    this.#taken.add(port);
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
