/**
 * The config of a project: where it is, what it holds, and everything that is wrong with it, said so that it
 * can be put right. The schema (`schema.ts`) is the one source of types, defaults, messages and of the
 * reference page.
 *
 *   find-config -> read-yaml | read-module -> validate (schema, environments, clashes) -> resolve-service
 *               -> kept-config, when the same text was found right before ->
 */
import { dirname, extname, join, relative, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { CONFIG_NAMES, findConfig } from './find-config.ts';
import { keptConfig } from './kept-config.ts';
import { formatProblem, type Problem } from './problem.ts';
import { readText } from './read-text.ts';
import type { Source } from './source.ts';
import type { Config } from './validate.ts';

const TEXTS = ['.yaml', '.yml', '.json'];
const MODULES = ['.ts', '.mts', '.js', '.mjs'];
const KEPT = 'config.json';
/** More than anybody reads before they correct the first. */
const MOST_PROBLEMS = 100;

export interface LoadOptions {
  /** The folder to look in, and above. */
  readonly cwd: string;
  /** A config to take instead of the one that would be found; relative to `cwd`. */
  readonly file?: string;
  /**
   * Name of a folder beside the config where one that is right may be kept, so that the same text need not be
   * checked again; only if the folder is there, and not for a module, which may depend on anything. Default: none.
   */
  readonly keepIn?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly file: string;
  /** The folder of the file, absolute: paths in the config start there. */
  readonly dir: string;
}

/**
 * Finds, reads and checks the config.
 * @throws ConfigError with all that is wrong, in the order of the file; also when there is no config
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const cwd = resolve(options.cwd);
  const file = options.file === undefined ? await findConfig(cwd) : resolve(cwd, options.file);
  if (file === null) {
    throw new ConfigError([`there is no ${CONFIG_NAMES[0]} in ${cwd} or above`], {
      remedy: 'Write one with `sluice init`.',
    });
  }
  const shown = relative(cwd, file);
  const dir = dirname(file);
  const text = await readText(file, shown);
  const check = () => checkText(text, file, shown);
  const keeps = options.keepIn !== undefined && TEXTS.includes(extname(file));
  const config = keeps ? await keptConfig(join(dir, options.keepIn, KEPT), text, check) : await check();
  return { config, file, dir };
}

/** Parsers and the schema are loaded when they are needed: they take most of the time of a short command. */
async function checkText(text: string, file: string, shown: string): Promise<Config> {
  const source = await parse(text, file, shown);
  const { validate } = await import('./validate.ts');
  const { config, problems } = validate(source.value);
  if (config === null || source.problems.length > 0) throw configError(shown, source, problems);
  return config;
}

async function parse(text: string, file: string, shown: string): Promise<Source> {
  const extension = extname(file);
  if (MODULES.includes(extension)) {
    const { readModule } = await import('./read-module.ts');
    return readModule(file, shown);
  }
  if (!TEXTS.includes(extension)) {
    throw new ConfigError([`${shown}: ends in none of ${[...TEXTS, ...MODULES].join(' ')}`]);
  }
  const { readYaml } = await import('./read-yaml.ts');
  return readYaml(text, shown);
}

/** In the order of the file; where there are no positions, in the order in which they were found. */
function configError(shown: string, source: Source, problems: readonly Problem[]): ConfigError {
  const placed = [...source.problems, ...problems].map(({ path, message, at }) => {
    const position = source.locate(path, at);
    return {
      line: position?.line ?? 0,
      column: position?.column ?? 0,
      text: formatProblem(shown, position, path, message),
    };
  });
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const texts = placed.slice(0, MOST_PROBLEMS).map(({ text }) => text);
  const more = placed.length - texts.length;
  return new ConfigError(more === 0 ? texts : [...texts, `${shown}: and ${more} more problems`]);
}
