/**
 * Asks ssh what its configuration means for hosts (`ssh -G`). All hosts that are asked for in one turn are asked by
 * a few processes, since to start one holds up everything else here for longer than it takes to answer.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { unreachable } from './ssh-failure.ts';

interface Question {
  readonly host: string;
  /** Of the config to read, `null` for the user's. */
  readonly file: string | null;
  readonly resolve: (answer: string) => void;
  readonly reject: (reason: Error) => void;
}

const TIMEOUT_MS = 30_000;
const MOST_PROCESSES = 4;
const LEAST_FOR_A_PROCESS = 8;
/** Each answer, or why there is none, and then a line with the mark and the exit code. */
const ASK_EACH = `mark=$1 file=$2
shift 2
for host do
  if [ -n "$file" ]; then ssh -F "$file" -G -- "$host"; else ssh -G -- "$host"; fi 2>&1 </dev/null
  printf '\\n%s %s\\n' "$mark" "$?"
done
`;

let waiting: Question[] = [];

/** The environment of ssh: without a language, so that hosts and ssh answer alike wherever it is started. */
export function sshEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(LANG|LANGUAGE|LC_.*)$/.test(name));
  return { ...Object.fromEntries(kept), SSH_ASKPASS_REQUIRE: 'never' };
}

/**
 * What `ssh -G` prints.
 * @param file read instead of the user's config; `null` for that
 * @throws OperationError where ssh does not take the host or its config
 */
export function effectiveConfig(host: string, file: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setImmediate(askAll);
    waiting.push({ host, file, resolve, reject });
  });
}

let defaults: Promise<string> | undefined;

/** The same of no config at all. */
export function defaultConfig(): Promise<string> {
  defaults ??= effectiveConfig('localhost', 'none').catch((error: unknown) => {
    defaults = undefined;
    throw error;
  });
  return defaults;
}

function askAll(): void {
  const all = waiting;
  waiting = [];
  for (const file of new Set(all.map((question) => question.file))) {
    const questions = all.filter((question) => question.file === file);
    const size = Math.max(LEAST_FOR_A_PROCESS, Math.ceil(questions.length / MOST_PROCESSES));
    for (let at = 0; at < questions.length; at += size) askSome(file, questions.slice(at, at + size));
  }
}

function askSome(file: string | null, questions: readonly Question[]): void {
  const mark = randomUUID();
  const hosts = questions.map(({ host }) => host);
  const child = spawn('sh', ['-c', ASK_EACH, 'sh', mark, file ?? '', ...hosts], {
    env: sshEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const left = [...questions];
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = new RegExp(`\\n${mark} (\\d+)\\n`).exec(text);
      if (end === null) return;
      const said = text.slice(0, end.index);
      text = text.slice(end.index + end[0].length);
      const question = left.shift();
      if (end[1] === '0') question?.resolve(said);
      else question?.reject(unreachable(question.host, said));
    }
  });
  const giveUp = (why: string) => {
    for (const { host, reject } of left) reject(unreachable(host, why));
  };
  child.once('error', (error) => giveUp(error.message));
  child.once('close', () => giveUp(text === '' ? 'ssh -G was killed' : text));
}
