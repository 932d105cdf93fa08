/** A steady stream of requests, each of which has to be answered. */
import { Agent, request } from 'node:http';

const WORKERS = 8;
const PAUSE_MS = 20;
const TIMEOUT_MS = 10_000;

export interface LoadResult {
  readonly sent: number;
  /** Not answered, or not with 200. */
  readonly lost: number;
  /** Answers by the version that gave them. */
  readonly versions: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

export class Load {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  readonly #versions = new Map<string, number>();
  #workers: Promise<void>[] = [];
  #running = false;
  #sent = 0;
  #lost = 0;
  #slowestMs = 0;

  constructor(url: string) {
    this.#url = url;
  }

  start(): void {
    this.#running = true;
    this.#workers = Array.from({ length: WORKERS }, () => this.#work());
  }

  async stop(): Promise<LoadResult> {
    this.#running = false;
    await Promise.all(this.#workers);
    this.#agent.destroy();
    return { sent: this.#sent, lost: this.#lost, versions: this.#versions, slowestMs: this.#slowestMs };
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const begun = performance.now();
      this.#sent++;
      try {
        const { version } = JSON.parse(await this.#get()) as { version: string };
        this.#versions.set(version, (this.#versions.get(version) ?? 0) + 1);
      } catch {
        this.#lost++;
      }
      this.#slowestMs = Math.max(this.#slowestMs, Math.round(performance.now() - begun));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  #get(): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request(this.#url, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`HTTP ${response.statusCode}: ${body}`));
        });
      });
      asked.once('timeout', () => asked.destroy(new Error('timed out')));
      asked.once('error', reject);
      asked.end();
    });
  }
}
