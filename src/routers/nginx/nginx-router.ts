/**
 * An nginx that is there already, steered by a file of its config and a reload for each change. It owns that file,
 * one for each service (`upstream-file.ts`), and nothing else of the config.
 *
 * nginx begins new workers at a reload and tells the old ones to end when their requests have. So a backend has left
 * when no old worker is there any more: nginx itself cannot say more.
 */
import { messageOf, OperationError } from '../../errors.ts';
import { askScript, ConfigText } from '../config-text.ts';
import { EMPTY_POOL, type Pool } from '../pool.ts';
import { type Load, type PoolPlace, PoolRouter } from '../pool-router.ts';
import { localScripts, type RunScript } from '../reach.ts';
import { resolved } from '../resolve-address.ts';
import type { Backend } from '../router.ts';
import { commandWords } from '../shell-words.ts';
import { countConnections, placeOf } from './connections.ts';
import { INSTALL_COMMENTS, installScript, lookScript, type NginxCommands } from './scripts.ts';
import {
  assertServerWord,
  assertUpstream,
  directivesOf,
  readUpstream,
  writeUpstream,
} from './upstream-file.ts';

export interface NginxRouterOptions {
  /**
   * Where Sluice writes `sluice-<upstream>.conf`: a folder that nginx includes in `http`. Default
   * `/etc/nginx/conf.d`.
   */
  readonly folder?: string;
  /** Service to the name of its upstream. Default: the same name. */
  readonly upstreams?: Readonly<Record<string, string>>;
  /** The program and the arguments that it always gets, such as `['sudo', '-n', 'nginx']`. Default `['nginx']`. */
  readonly nginx?: readonly string[];
  /** Makes nginx read its config anew. Default: `nginx`, with `-s reload`. */
  readonly reload?: readonly string[];
  /** Where the process id of nginx is. Default `/run/nginx.pid`. */
  readonly pidFile?: string;
  /** Words on each `server` line, such as `['max_fails=3', 'fail_timeout=5s']`. Default none. */
  readonly serverOptions?: readonly string[];
  /** How long requests in flight are waited for when a backend leaves. Default 30000. */
  readonly drainTimeoutMs?: number;
  /** Runs scripts on the machine of nginx. Default: this machine. */
  readonly run?: RunScript;
}

export class NginxRouter extends PoolRouter {
  /** @throws InvalidInputError for names and words that nginx cannot have */
  constructor(options: NginxRouterOptions = {}) {
    const { upstreams = {}, serverOptions = [], drainTimeoutMs } = options;
    for (const name of Object.values(upstreams)) assertUpstream(name);
    for (const each of serverOptions) assertServerWord(each);
    const names = new Map(Object.entries(upstreams));
    super({
      name: 'nginx',
      place: (service) => new NginxUpstream(names.get(service) ?? service, options),
      // Of a name that cannot be looked up nginx would refuse the whole config, also at its next start.
      resolve: resolved,
      ...(drainTimeoutMs !== undefined && { drainTimeoutMs }),
    });
  }
}

class NginxUpstream implements PoolPlace {
  readonly #name: string;
  readonly #file: string;
  readonly #text: ConfigText;
  readonly #serverOptions: readonly string[];
  readonly #commands: NginxCommands;
  readonly #run: RunScript;

  constructor(name: string, options: NginxRouterOptions) {
    const { folder = '/etc/nginx/conf.d', nginx = ['nginx'], pidFile = '/run/nginx.pid' } = options;
    const { reload = [...nginx, '-s', 'reload'], run = localScripts, serverOptions = [] } = options;
    assertUpstream(name);
    this.#name = name;
    this.#file = `${folder.replace(/\/+$/, '')}/sluice-${name}.conf`;
    this.#serverOptions = serverOptions;
    this.#commands = { nginx, reload, pidFile };
    this.#run = run;
    this.#text = new ConfigText({
      run,
      owner: 'nginx',
      file: this.#file,
      // One for all services: nginx tests the files of the others too.
      lock: `${folder}/.sluice-lock`,
      whenMissing: '',
      remedy: `Give as \`folder\` one that is there and that nginx includes in \`http\`: \`include ${folder}/*.conf;\`.`,
      copy: '.sluice-before',
      install: ({ before, after, interrupted }) => {
        const isHeard = interrupted || directivesOf(before) !== directivesOf(after);
        return isHeard ? installScript(this.#commands) : INSTALL_COMMENTS;
      },
      refused: (answer, said) => refusal(answer, said, this.#file, this.#commands),
    });
  }

  async read(signal: AbortSignal): Promise<Pool> {
    return this.#parse(await this.#text.read(signal));
  }

  async change(edit: (pool: Pool) => Pool, signal: AbortSignal): Promise<void> {
    await this.#text.change((text) => {
      const before = this.#parse(text);
      const after = edit(before);
      return after === before ? text : writeUpstream(this.#name, after, this.#serverOptions);
    }, signal);
  }

  async look(backends: readonly Backend[], signal: AbortSignal): Promise<readonly Load[]> {
    const places = backends.map(({ address }) => placeOf(address));
    const { word, text } = await this.#ask(lookScript(this.#commands, [...new Set(places)]), signal);
    if (word !== 'looked') throw notRunning(this.#commands);
    const lines = text.split('\n');
    const users = new Set(lines.flatMap((line) => /^Uid:\s+(\d+)/.exec(line)?.[1] ?? []));
    const busy = lines.includes('leaving');
    const counts = countConnections(lines, users);
    return places.map((place) => ({ inFlight: counts.get(place) ?? 0, busy }));
  }

  #parse(text: string): Pool {
    return text === '' ? EMPTY_POOL : readUpstream(text, this.#file);
  }

  async #ask(script: string, signal: AbortSignal) {
    try {
      return await askScript(this.#run, script, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new OperationError(`The machine of nginx cannot be asked: ${messageOf(error)}`, { cause: error });
    }
  }
}

function refusal(answer: string, said: string, file: string, commands: NginxCommands): OperationError {
  const stays = `${file} stays as it was`;
  const test = commandWords([...commands.nginx, '-t']);
  switch (answer) {
    case 'no-program':
      return new OperationError(`There is no program ${commands.nginx[0]}; ${stays}`, {
        retryable: false,
        remedy: 'Give the path of nginx as `nginx`.',
      });
    case 'refused':
      return new OperationError(`nginx does not accept the new config; ${stays}: ${said.trim()}`, {
        retryable: false,
        remedy: `Try \`${test}\`: the config may have been wrong before.`,
      });
    case 'not-included':
      return new OperationError(`nginx does not read ${file}, which was taken away again`, {
        retryable: false,
        remedy: `Include its folder in the section \`http\` of nginx's config: \`include ${file.replace(/\/[^/]*$/, '')}/*.conf;\`.`,
      });
    case 'not-reloaded':
      return new OperationError(`nginx could not be reloaded; ${stays}: ${said.trim()}`, {
        remedy: `Does nginx run? Try \`${commandWords(commands.reload)}\` as the user that Sluice is.`,
      });
    default:
      return new OperationError(`nginx was reloaded but still works with its old config; ${stays}`, {
        remedy: `Its error log says why. Is ${commands.pidFile} its \`pid\` file? Give another one as \`pidFile\`.`,
      });
  }
}

function notRunning({ pidFile }: NginxCommands): OperationError {
  return new OperationError(`No nginx runs that has its process id in ${pidFile}`, {
    remedy: 'Start nginx, or give its `pid` file as `pidFile`.',
  });
}
