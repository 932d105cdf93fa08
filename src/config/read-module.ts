import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { ConfigError, messageOf } from '../errors.ts';
import { defineConfig } from './define-config.ts';
import { isMapping } from './mapping.ts';
import { formatProblem, type Position } from './problem.ts';
import { MAX_DEPTH, MAX_VALUES, type Source } from './source.ts';

/**
 * Runs a config written in TypeScript or JavaScript and takes its default export.
 * @param shown the file as it is named in messages
 * @throws ConfigError when it throws, or exports no default
 */
export async function readModule(file: string, shown: string): Promise<Source> {
  try {
    const exported = configIn(await importFresh(file));
    if (exported !== undefined)
      return { value: new PlainCopy().of(exported), problems: [], locate: () => null };
  } catch (thrown) {
    const [message = ''] = messageOf(thrown)
      .replace(/^ParseError: /, '')
      .split('\n');
    const problem = formatProblem(shown, whereIn(file, thrown), [], message.trim() || 'threw an empty error');
    throw new ConfigError([problem], { cause: thrown });
  }
  throw new ConfigError([`${shown}: exports no default`], {
    remedy: 'Write `export default defineConfig({ ... })`.',
  });
}

/** The default export, or what a CommonJS module exports; `undefined` when there is neither. */
function configIn(module: object): unknown {
  if ('default' in module) return module.default;
  return '__esModule' in module || Object.keys(module).length === 0 ? undefined : module;
}

/** The module as its file is now, also when an earlier state of it was imported before. */
async function importFresh(file: string): Promise<object> {
  const jiti = createJiti(file, {
    fsCache: await cacheFolder(),
    interopDefault: false,
    // With Sluice installed only globally, `import { defineConfig } from 'sluice'` works all the same.
    virtualModules: canResolve('sluice', file) ? {} : { sluice: { defineConfig } },
  });
  delete jiti.cache[file];
  return jiti.import<object>(file);
}

/** Compiled configs are kept where nobody else can put one. Without such a folder they are not kept. */
async function cacheFolder(): Promise<string | false> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sluice');
  return mkdir(folder, { recursive: true, mode: 0o700 }).then(
    () => folder,
    () => false,
  );
}

function canResolve(module: string, from: string): boolean {
  try {
    createRequire(from).resolve(module);
    return true;
  } catch {
    return false;
  }
}

/** Where in the file something was thrown; `null` when it was elsewhere. */
function whereIn(file: string, thrown: unknown): Position | null {
  const trace = stackOf(thrown);
  const start = trace.indexOf(`${file}:`);
  const [, line, column] = /^:(\d+):(\d+)/.exec(trace.slice(start + file.length)) ?? [];
  if (start < 0 || line === undefined || column === undefined) return null;
  // Compiling keeps the lines, but puts something before the first.
  return { line: Number(line), column: line === '1' ? 1 : Math.max(1, Number(column)) };
}

function stackOf(thrown: unknown): string {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : '';
    return typeof stack === 'string' ? stack : '';
  } catch {
    // It is put together when it is asked for, from a message that may throw.
    return '';
  }
}

/** Mappings and lists anew, so that what is checked cannot change, and so that it ends. */
class PlainCopy {
  #values = 0;

  of(value: unknown, depth = 0): unknown {
    this.#values += 1;
    // What is used in several places is copied for each of them, which multiplies.
    if (this.#values > MAX_VALUES) throw new TypeError(`more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw new TypeError(`nested deeper than ${MAX_DEPTH} levels, or contains itself`);
    if (Array.isArray(value)) {
      if (value.length > MAX_VALUES) throw new TypeError(`a list of more than ${MAX_VALUES} entries`);
      return Array.from(value, (entry) => this.of(entry, depth + 1));
    }
    if (!isMapping(value)) return value;
    if (Object.hasOwn(value, '__proto__')) throw new TypeError('__proto__ cannot be a key');
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.of(entry, depth + 1)]));
  }
}
