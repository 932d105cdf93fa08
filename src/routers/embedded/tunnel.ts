import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * An upgraded connection, a WebSocket most often: bytes both ways, with backpressure, until either side ends
 * it, nothing moves for `idleTimeoutMs`, or it is closed.
 */
export class Tunnel {
  readonly #client: Socket;
  readonly #upstream: Duplex;
  #open = 2;
  readonly #onEnd: () => void;

  /** @param onEnd called once, when both sides are closed */
  constructor(client: Socket, upstream: Duplex, idleTimeoutMs: number, onEnd: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#onEnd = onEnd;
    // Whatever moves, in either direction, passes the client's socket: one timer is enough.
    client.setTimeout(idleTimeoutMs, () => this.close());
    for (const socket of [client, upstream]) {
      socket.on('error', () => this.close());
      socket.on('close', () => this.#closed());
    }
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** Ends both sides at once. */
  close(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open > 0) this.close();
    else this.#onEnd();
  }
}
