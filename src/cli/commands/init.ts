import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { findConfig } from '../../config/find-config.ts';
import { detectProject, type InitialServers, renderInitialConfig } from '../../config/init.ts';
import { InvalidInputError } from '../../errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

const FILE = 'sluice.config.yaml';

/** `sluice init [--hosts web1,web2]` */
export async function init({ cwd, options, terminal }: CommandContext): Promise<ExitCode> {
  const found = await findConfig(cwd);
  if (found !== null) {
    throw new InvalidInputError(`there is a config already: ${relative(cwd, found) || found}`, {
      remedy: 'Edit it, or remove it first.',
    });
  }
  const detected = await detectProject(cwd);
  const servers = options.hosts === undefined ? null : await lookAtServers(options.hosts);
  const file = join(cwd, FILE);
  // Never over something that appeared meanwhile.
  await writeFile(file, renderInitialConfig(detected, servers), { flag: 'wx' });
  if (terminal.json) {
    terminal.printJson({ file, ...detected, ...(servers === null ? {} : { servers }) });
  } else {
    const command = [detected.command ?? []].flat().join(' ');
    const start =
      detected.command === null
        ? 'Write the command that starts it into it'
        : `It starts \`${command}\` (${detected.source})`;
    terminal.print([
      `Wrote ${FILE} for the service ${detected.name}. ${start}.`,
      ...(servers === null ? [] : [`It runs on ${servers.hosts.join(', ')}, as ${RUNS[servers.run]}.`]),
      'Next: sluice plan, then sluice deploy.',
    ]);
  }
  return EXIT.ok;
}

const RUNS = {
  system: 'a unit of systemd',
  user: 'a unit of systemd of the user who logs in',
  detached: 'a process that outlives the login: there is no systemd for it',
} as const;

async function lookAtServers(given: string): Promise<InitialServers> {
  const hosts = given.split(',').map((host) => host.trim());
  const wrong = hosts.find((host, index) => host === '' || hosts.indexOf(host) !== index);
  if (wrong !== undefined) {
    throw new InvalidInputError(wrong === '' ? `${given}: a host is missing` : `${wrong} is there twice`, {
      remedy: 'Give the hosts with commas between them: sluice init --hosts web1,web2',
    });
  }
  const { findServerRun } = await import('../../project/fleet/server-run.ts');
  return { hosts, run: await findServerRun(hosts) };
}
