/** A client that watches a deployment, as a browser does. */
import { get, type IncomingMessage } from 'node:http';
import { waitFor } from '../../test/support/wait-for.ts';

/** One stream of events. */
export class Watcher {
  /** When each seq came. */
  readonly at = new Map<number, number>();
  readonly #answer: IncomingMessage;

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const now = performance.now();
      for (const [, seq] of text.matchAll(/^id: ?(\d+)$/gm)) this.at.set(Number(seq), now);
    });
  }

  static open(url: string, token: string, id: string): Promise<Watcher> {
    return new Promise((resolve, reject) => {
      const path = `${url}/api/v1/deployments/${id}/stream`;
      const asked = get(path, { agent: false, headers: { authorization: `Bearer ${token}` } }, (answer) => {
        if (answer.statusCode === 200) resolve(new Watcher(answer));
        else reject(new Error(`${path} answers ${answer.statusCode}`));
      });
      asked.once('error', reject);
    });
  }

  seen(seq: number): Promise<boolean> {
    return waitFor(`event ${seq}`, () => this.at.has(seq), { timeoutMs: 60_000 });
  }

  close(): void {
    this.#answer.destroy();
  }
}
