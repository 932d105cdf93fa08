import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The body of a request as undici reads it. Undici destroys the body that it is given when a try fails;
 * this stands between, so that a request whose body is untouched can be sent elsewhere, and one whose body
 * is not wanted any more is read to its end and its connection kept.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  #attached = false;
  #touched = false;

  constructor(request: IncomingMessage) {
    super();
    this.#request = request;
  }

  /** True once anything of the body, if only its end, has been taken. */
  get touched(): boolean {
    return this.#touched;
  }

  override _read(): void {
    if (!this.#attached) {
      this.#attached = true;
      this.#request.on('data', this.#take);
      this.#request.on('end', this.#finish);
    }
    this.#request.resume();
  }

  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#attached) {
      this.#request.off('data', this.#take);
      this.#request.off('end', this.#finish);
      if (this.#touched) this.#request.resume();
      else this.#request.pause();
    }
    // Undici knows the error, as it comes from there; nobody else listens for it.
    callback(null);
  }

  readonly #take = (chunk: Buffer): void => {
    this.#touched = true;
    if (!this.push(chunk)) this.#request.pause();
  };

  readonly #finish = (): void => {
    this.#touched = true;
    this.push(null);
  };
}
