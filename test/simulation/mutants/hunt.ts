/** Runs a test build over seeds, in a process of its own, until it has broken the promise in question. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Finding, Orders } from './hunter.ts';

/** A build that says nothing for so long hangs. */
const SILENCE_MS = 120_000;

export interface Catch {
  readonly seed: number;
  /** Deployments simulated until then. */
  readonly deployments: number;
  readonly promise: number;
  /** What was to be true. */
  readonly invariant: string;
  /** What was wrong. */
  readonly wrong: string;
}

export interface Hunt {
  /** `null`: it survived. */
  readonly caught: Catch | null;
  readonly deployments: number;
  /** Violations of other promises on the way, by what was to be true: how often. */
  readonly others: ReadonlyMap<string, number>;
  /** Why the process ended early, if it did. */
  readonly died: string | null;
}

/**
 * @param file the build
 * @param promises those of which one has to be broken
 */
export async function hunt(file: string, orders: Orders, promises: readonly number[]): Promise<Hunt> {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.on('error', () => {}).end(JSON.stringify(orders));
  const others = new Map<string, number>();
  let deployments = 0;
  let caught: Catch | null = null;
  let isSilent = false;
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isSilent = true;
      child.kill('SIGKILL');
    }, SILENCE_MS);
  };
  listen();
  for await (const line of createInterface({ input: child.stdout })) {
    listen();
    if (caught !== null) continue;
    const finding = JSON.parse(line) as Finding;
    deployments += finding.deployments;
    const broken = finding.violations.map((violation) => ({ ...read(violation), seed: finding.seed }));
    const own = promises
      .map((promise) => broken.find((one) => one.promise === promise))
      .find((one) => one !== undefined);
    if (own !== undefined) {
      caught = { ...own, deployments };
      child.kill('SIGKILL');
    } else {
      for (const { invariant } of broken) others.set(invariant, (others.get(invariant) ?? 0) + 1);
    }
  }
  const [exitCode] = await ended;
  clearTimeout(timer);
  const died = caught === null && exitCode !== 0 ? (isSilent ? 'it hung' : errors.trim()) : null;
  return { caught, deployments, others, died };
}

function read(violation: string): Pick<Catch, 'promise' | 'invariant' | 'wrong'> {
  const [, promise = '', invariant = '', wrong = ''] = /^promise (\d+), (.*?): (.*)$/s.exec(violation) ?? [];
  return { promise: Number(promise), invariant, wrong };
}
