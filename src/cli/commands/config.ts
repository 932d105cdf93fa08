import { stringify } from 'yaml';
import { loadConfig } from '../../config/load-config.ts';
import { resolveService } from '../../config/resolve-service.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/** `sluice config [service]`: reads the config and nothing else, so that it also works where nothing may be written. */
export async function config({ args, options, cwd, terminal }: CommandContext): Promise<ExitCode> {
  const { config: file, env } = options;
  const loaded = await loadConfig(file === undefined ? { cwd } : { cwd, file });
  const names = args[0] === undefined ? loaded.config.services : [args[0]];
  const services = names.map((name) => resolveService(loaded.config, name, env));
  if (terminal.json) terminal.printJson({ file: loaded.file, services });
  else terminal.print([`# ${loaded.file}`, stringify({ services }).trimEnd()]);
  return EXIT.ok;
}
