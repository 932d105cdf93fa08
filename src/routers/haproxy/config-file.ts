/**
 * The file that HAProxy reads when it is started and reloaded. It is changed by one at a time, whole or not at
 * all, and only to what HAProxy itself accepts; HAProxy is not reloaded for it.
 */
import { OperationError } from '../../errors.ts';
import { ConfigText } from '../config-text.ts';
import { localScripts, type RunScript } from '../reach.ts';
import { commandWords, pathWord, word } from '../shell-words.ts';

/** The way to a HAProxy's config, wherever it is. */
export interface HaproxyConfig {
  read(signal: AbortSignal): Promise<string>;
  /**
   * Puts what `edit` makes of the text in its place, unless nothing is changed by it. Nobody else changes the
   * file between the two; `edit` may be called more than once.
   */
  change(edit: (text: string) => string, signal: AbortSignal): Promise<void>;
}

export interface HaproxyConfigFileOptions {
  /** Such as `/etc/haproxy/haproxy.cfg`. It has the marks of `config-block.ts` in each backend of a service. */
  readonly file: string;
  /** Other files and folders that this HAProxy is started with before `file`, in their order. Default none. */
  readonly before?: readonly string[];
  /** The program that checks the file. Default `haproxy`. */
  readonly program?: string;
  /** Runs scripts on the machine that the file is on. Default: this machine. */
  readonly run?: RunScript;
}

/** A config file of a HAProxy. Its machine needs `haproxy`, `flock` and `sha256sum`. */
export function haproxyConfigFile(options: HaproxyConfigFileOptions): HaproxyConfig {
  const { file, before = [], program = 'haproxy', run = localScripts } = options;
  const check = (last: string) => [program, '-c', ...[...before, last].flatMap((each) => ['-f', each])];
  return new ConfigText({
    run,
    owner: 'HAProxy',
    file,
    remedy: 'Give the path of the file that HAProxy is started with.',
    install: () => installScript(program, before),
    refused(answer, said) {
      if (answer === 'no-program') {
        return new OperationError(
          `There is no program ${program}, which checks ${file} before it is changed`,
          {
            retryable: false,
            remedy: 'Give the path of haproxy as `program`.',
          },
        );
      }
      return new OperationError(
        `HAProxy does not accept the new ${file}, which stays as it was: ${said.trim()}`,
        {
          retryable: false,
          remedy: `Try \`${commandWords(check(file))}\`: the file may have been wrong before.`,
        },
      );
    },
  });
}

/** The draft does not end in `.cfg`: of a folder HAProxy reads all that does. */
function installScript(program: string, before: readonly string[]): string {
  const files = before.map((each) => `-f ${pathWord(each)} `).join('');
  return `command -v ${word(program)} >/dev/null || answer no-program
expect
write_draft
said=$(timeout 10 ${word(program)} -c ${files}-f "$draft" 2>&1 </dev/null 9>&-) || answer refused "$said"
try mv -f "$draft" "$file"
answer done`;
}
