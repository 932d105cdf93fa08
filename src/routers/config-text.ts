/**
 * A config file of a load balancer, read and changed by scripts, so that it may be on any machine that has a shell.
 * It is changed by one at a time, whole or not at all, and only from what was read to what was made of that.
 *
 * Each script answers with one line, `@ WORD`, and what belongs to it below. A changing one holds the lock of a small
 * file while it runs: the system takes that back when its holder dies, so none is ever stuck. In between, where
 * nothing is held, somebody else may have changed the file: the script then says `changed`, and all begins anew.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, OperationError } from '../errors.ts';
import type { RunScript } from './reach.ts';
import { pathWord } from './shell-words.ts';

export interface ConfigTextOptions {
  readonly run: RunScript;
  /** Whose config it is, for messages: `HAProxy`. */
  readonly owner: string;
  readonly file: string;
  /** The file that is locked while this one is changed. Default: one beside it, of the same name. */
  readonly lock?: string;
  /** What there is while there is no file; without it that is an error. */
  readonly whenMissing?: string;
  /** What to do where there is no such file, or folder. */
  readonly remedy: string;
  /**
   * The end of the changing script: it calls `expect` and `write_draft`, and puts `$draft` in the place of `$file`,
   * or says why not with `answer WORD TEXT`, which ends the script.
   */
  install(change: { readonly before: string; readonly after: string; readonly interrupted: boolean }): string;
  /**
   * What the name of the copy ends in that `install` keeps of the old file until the load balancer goes by the new one.
   * While it is there a change is under way or was interrupted. Where there was no file it is empty.
   */
  readonly copy?: string;
  /** What `install` said, other than that it was done, as the error that it is. */
  refused(word: string, said: string): OperationError;
}

const SCRIPT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 30_000;
const LOCK_RETRY_MS = 20;
const READ_ATTEMPTS = 5;

/** A script's answer: `@ WORD`, and the text below it. */
export interface Answer {
  readonly word: string;
  readonly text: string;
}

const FUNCTIONS = `set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 077
answer() { printf '@ %s\\n%s' "$1" "\${2-}"; exit 0; }
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }`;

/** Runs a script that answers, with the functions that it may use before it. */
export async function askScript(
  run: RunScript,
  script: string,
  signal: AbortSignal,
  input?: Uint8Array,
): Promise<Answer> {
  const end = await run(`${FUNCTIONS}\n${script}`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(SCRIPT_TIMEOUT_MS)]),
    ...(input !== undefined && { input }),
  });
  const [, word, text = ''] = /(?:^|\n)@ (\S+)\n([\s\S]*)$/.exec(end.stdout) ?? [];
  if (end.exitCode === 0 && word !== undefined) return { word, text };
  const how = end.signal === null ? `exit code ${end.exitCode}` : end.signal;
  throw new Error(end.stderr.trim() || `the script ended with ${how} and no answer`);
}

export class ConfigText {
  readonly #options: ConfigTextOptions;

  constructor(options: ConfigTextOptions) {
    this.#options = options;
  }

  /**
   * What the load balancer goes by: during a change the old text.
   * @throws OperationError when it cannot be read
   */
  async read(signal: AbortSignal): Promise<string> {
    return (await this.#read(signal, 'in force')).text;
  }

  /**
   * Puts what `edit` makes of the text in its place, unless nothing is changed by it. Nobody else changes the file
   * between the two; `edit` may be called more than once.
   */
  async change(edit: (text: string) => string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    for (;;) {
      const { text, exists, interrupted } = await this.#read(signal, 'written');
      const after = edit(text);
      if (after === text && !interrupted) return;
      const { word, text: said } = await this.#explaining(signal, () =>
        askScript(
          this.#options.run,
          changeScript(this.#options, {
            before: exists ? digestOf(text) : 'none',
            after: digestOf(after),
            install: this.#options.install({ before: text, after, interrupted }),
          }),
          signal,
          Buffer.from(after),
        ),
      );
      if (word === 'done') return;
      if (word !== 'changed' && word !== 'busy') throw this.#refusal(word, said);
      if (performance.now() > deadline) throw this.#refusal(word, said);
      await sleep(LOCK_RETRY_MS, undefined, { signal });
    }
  }

  async #read(signal: AbortSignal, which: 'written' | 'in force') {
    const { run, whenMissing } = this.#options;
    const script = readScript(this.#options, which);
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) {
      const { word, text } = await this.#explaining(signal, () => askScript(run, script, signal));
      const [, state = '', digest] = /^(.*?)(?::([0-9a-f]*))?$/.exec(word) ?? [];
      const interrupted = state.startsWith('interrupted');
      if (state.endsWith('none')) {
        if (whenMissing !== undefined) return { text: whenMissing, exists: false, interrupted };
        throw this.#unreadable('there is no such file', true);
      }
      if (digestOf(text) === digest) return { text, exists: true, interrupted };
      // It was replaced while it was read.
    }
    throw this.#unreadable('it is not text in UTF-8, or others change it all the time', false);
  }

  #refusal(word: string, said: string): OperationError {
    const { owner, file, lock = `${file}.sluice-lock` } = this.#options;
    switch (word) {
      case 'busy':
      case 'changed':
        return new OperationError(
          `The config of ${owner}, ${file}, is being changed by others all the time`,
          {
            remedy: `Look who holds ${lock}: \`fuser ${lock}\`.`,
          },
        );
      case 'cut':
        return new OperationError(
          `The new config of ${owner}, ${file}, did not arrive whole; the old one stays`,
        );
      case 'no-flock':
        return new OperationError(`There is no program flock where the config of ${owner} is`, {
          retryable: false,
          remedy: 'Install util-linux there: without it two changes at once could lose one.',
        });
      case 'forbidden':
        return this.#unreadable(said.trim(), true);
      default:
        return this.#options.refused(word, said);
    }
  }

  #unreadable(why: string, isFinal: boolean, cause?: unknown): OperationError {
    const { owner, file, remedy } = this.#options;
    const forbidden = /permission denied|read-only|not permitted/i.test(why);
    return new OperationError(`The config of ${owner}, ${file}, cannot be read or changed: ${why}`, {
      cause,
      retryable: !forbidden && !isFinal,
      remedy: forbidden
        ? 'Sluice writes a new file beside it and renames it: it needs the right to write in that folder.'
        : remedy,
    });
  }

  async #explaining<Value>(signal: AbortSignal, action: () => Promise<Value>): Promise<Value> {
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OperationError) throw error;
      throw this.#unreadable(messageOf(error), false, error);
    }
  }
}

/** `text:DIGEST` or `none`, with `interrupted-` before it where a change was not brought to its end. */
function readScript({ file, copy }: ConfigTextOptions, which: 'written' | 'in force'): string {
  const found = which === 'written' ? 'state=interrupted-' : `file="$file"${copy}`;
  return `file=${pathWord(file)}
state=
${copy === undefined ? ':' : `[ ! -e "$file"${copy} ] || ${found}`}
[ -e "$file" ] || answer "\${state}none"
printf '@ %stext:%s\\n' "$state" "$(digest "$file")"
cat <"$file"`;
}

interface Change {
  /** Digest of what was read, or `none`. */
  readonly before: string;
  /** Digest of what is to be written. */
  readonly after: string;
  readonly install: string;
}

function changeScript({ file, lock }: ConfigTextOptions, { before, after, install }: Change): string {
  return `file=${pathWord(file)}
exists() { [ -e "$file" ]; }
try() { said=$("$@" 2>&1) || answer forbidden "$said"; }
# A link stays one: what it leads to is replaced.
if exists; then file=$(readlink -f "$file") || exit 1; fi
lock=${lock === undefined ? '"$file.sluice-lock"' : pathWord(lock)}
command -v flock >/dev/null || answer no-flock
said=$( (: >>"$lock") 2>&1) || answer forbidden "$said"
exec 9>>"$lock"
flock -n 9 || answer busy
draft="$file.sluice-draft"
trap 'rm -f "$draft"' EXIT
trap 'exit 1' HUP INT TERM
expect() {
  if exists; then now=$(digest "$file"); else now=none; fi
  [ "$now" = ${before} ] || answer changed
}
write_draft() {
  rm -f "$draft"
  said=$( (cat >"$draft") 2>&1) || answer forbidden "$said"
  [ "$(digest "$draft")" = ${after} ] || answer cut
  if exists; then
    owner=$(stat -c %u:%g "$file")
    [ "$(stat -c %u:%g "$draft")" = "$owner" ] || try chown "$owner" "$draft"
    try chmod "$(stat -c %a "$file")" "$draft"
  else
    try chmod 644 "$draft"
  fi
  sync "$draft" 2>/dev/null || sync
}
${install}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
