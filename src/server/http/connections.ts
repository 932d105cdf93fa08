/**
 * The connections of the server, so that it can stop at once. Node waits for each that has not asked for anything yet, and
 * browsers open some ahead, in case they need them.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  /** Each with how many of its requests are not answered yet. */
  readonly #open = new Map<Socket, number>();
  #closing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#open.set(socket, 0);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  /** Closes those that wait for nothing, now, and the others as soon as they have their answer. */
  close(): void {
    this.#closing = true;
    for (const [socket, waiting] of this.#open) if (waiting === 0) socket.destroy();
  }

  #count(socket: Socket, by: 1 | -1): void {
    const waiting = this.#open.get(socket);
    if (waiting === undefined) return;
    this.#open.set(socket, waiting + by);
    if (this.#closing && waiting + by === 0) socket.destroySoon();
  }
}
