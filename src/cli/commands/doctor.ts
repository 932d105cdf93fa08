import { resolve } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/validate.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { lookAtService, lookAtState } from '../../project/doctor.ts';
import { type Finding, finding } from '../../project/finding.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/** `sluice doctor` */
export async function doctor(context: CommandContext): Promise<ExitCode> {
  const { options, cwd } = context;
  const findings: Finding[] = [];
  const { config: file, env } = options;
  let config: Config | null = null;
  let dir = cwd;
  findings.push(
    await finding('config', async () => {
      const loaded = await loadConfig(file === undefined ? { cwd } : { cwd, file });
      config = loaded.config;
      dir = loaded.dir;
      return loaded.file;
    }),
  );
  if (config !== null) {
    const { services } = config as Config;
    findings.push(...(await lookAtState(resolve(dir, '.sluice'))));
    if (findings.every((one) => one.ok))
      findings.push(await finding('journal', () => lookAtJournal(context)));
    if (findings.every((one) => one.ok)) {
      const project = await context.project();
      for (const name of services) findings.push(...(await lookAtService(await project.deployer(name, env))));
    }
  }
  printFindings(context, findings);
  return findings.every((one) => one.ok) ? EXIT.ok : EXIT.unhealthy;
}

/** Opening the project opens its journal. */
async function lookAtJournal(context: CommandContext): Promise<string> {
  const { journal } = await context.project();
  const unfinished = await journal.list({ ended: false });
  return unfinished.length === 0 ? 'no deployment is under way' : `under way: ${idsOf(unfinished)}`;
}

function idsOf(deployments: readonly DeploymentSummary[]): string {
  return deployments.map(({ id }) => id).join(', ');
}

/** A line for each, with the remedy under what is not well. */
export function printFindings(
  { terminal }: Pick<CommandContext, 'terminal'>,
  findings: readonly Finding[],
): void {
  if (terminal.json) {
    terminal.printJson({ findings });
    return;
  }
  const { paint } = terminal;
  const width = Math.max(...findings.map((one) => one.about.length));
  for (const { about, ok, detail, remedy } of findings) {
    const mark = ok ? paint.good(paint.symbols.done) : paint.bad(paint.symbols.failed);
    terminal.print(`${mark} ${about.padEnd(width)}  ${detail}`);
    if (remedy !== undefined) terminal.print(`  ${' '.repeat(width)}  ${paint.strong(remedy)}`);
  }
}
