/** What a service runs on. */
import { z } from 'zod';
import { duration } from '../durations.ts';
import { anyText, hostToLogInTo, portNumber, text, textLike } from './values.ts';

const DEFAULT_ROOTS = { system: '/srv/sluice', home: 'apps' };

const argv = z.union([text, z.array(anyText).min(1)]);

const systemd = z
  .strictObject({
    type: z.literal('systemd'),
    scope: z
      .enum(['system', 'user'])
      .default('system')
      .meta({
        description:
          'A unit of the machine, for which Sluice logs in as root, or of the user that logs in, who needs ' +
          '`loginctl enable-linger`.',
      }),
    user: textLike(/^[a-z_][a-z0-9_-]*$/, 'the name of a user')
      .exactOptional()
      .meta({
        description: 'As which user a unit of the machine runs. Without it: root.',
        example: 'www-data',
      }),
  })
  .superRefine(({ scope, user }, context) => {
    if (scope !== 'user' || user === undefined) return;
    const message = 'a unit of a user runs as that user; leave it out, or use `scope: system`';
    context.addIssue({ code: 'custom', path: ['user'], message });
  })
  .meta({
    title: 'Systemd',
    description: 'A unit that Sluice writes for the release: it comes back after a crash and a reboot.',
  });

const detached = z.strictObject({ type: z.literal('detached') }).meta({
  title: 'Detached',
  description:
    'A process that outlives the login, found again by its pid: for hosts without systemd. Nothing starts it ' +
    'again after a crash or a reboot.',
});

const commands = z
  .strictObject({
    type: z.literal('commands'),
    stop: argv.meta({ description: 'Ends what `command` has started.', example: './stop.sh' }),
    status: argv.meta({ description: 'Ends with 0 when the service runs.', example: './status.sh' }),
    restart: argv.exactOptional().meta({
      description:
        'With one port: makes this release run in the place of the one before. Without it: stop, start.',
      example: './restart.sh',
    }),
  })
  .meta({
    title: 'Commands',
    description: 'Commands of your own; `command` then starts the service in the background, and ends.',
  });

const RUNS = z.discriminatedUnion('type', [systemd, detached, commands]);

const run = z
  .union([z.enum(['systemd', 'detached']), RUNS])
  .transform((given) => (typeof given === 'string' ? RUNS.parse({ type: given }) : given));

const process = z
  .strictObject({ type: z.literal('process') })
  .meta({ title: 'Process', description: 'Processes of this machine, kept running by a supervisor.' });

const ssh = z
  .strictObject({
    type: z.literal('ssh'),
    hosts: z
      .array(hostToLogInTo)
      .min(1)
      .max(10_000)
      .superRefine(different)
      .meta({
        description: 'The servers, one instance each: as `ssh` would be given them.',
        example: ['web1', 'deploy@web2.example.com'],
      }),
    root: textLike(/^[^\s\-\p{Cc}][^\p{Cc}]*$/u, 'a folder')
      .exactOptional()
      .meta({
        description:
          'The folder on each host that holds the services. Without it: `/srv/sluice` for units of the ' +
          'machine, else `apps` in the home of the user that logs in.',
        example: '/srv/apps',
      }),
    ports: z
      .array(portNumber)
      .min(1)
      .max(2)
      .superRefine(different)
      .exactOptional()
      .meta({
        description:
          'Where the service listens on each host. With two, the new release starts beside the old one. ' +
          'Without it: `port` of the service.',
        example: [8081, 8082],
      }),
    run: run.prefault('systemd').meta({
      description: 'What keeps the service running. A name is short for its defaults.',
      example: { type: 'systemd', user: 'www-data' },
    }),
    shared: z
      .array(text)
      .default([])
      .meta({
        description: 'What outlives releases, linked into each: folders, which end with a slash, and files.',
        example: ['uploads/', '.env'],
      }),
    configFile: text.exactOptional().meta({
      description: 'Read instead of `~/.ssh/config`; relative to the folder of the config file.',
      example: 'ssh_config',
    }),
    connectTimeout: duration('1s', '5m').prefault('10s').meta({
      description: 'How long logging in may take, where the ssh config says nothing.',
    }),
  })
  .transform(({ connectTimeout, root, run, ...rest }) => ({
    ...rest,
    run,
    root:
      root ?? (run.type === 'systemd' && run.scope === 'system' ? DEFAULT_ROOTS.system : DEFAULT_ROOTS.home),
    connectTimeoutMs: connectTimeout,
  }))
  .meta({ title: 'Ssh', description: 'Servers with sshd and a POSIX shell; nothing is installed on them.' });

const ALL = z.discriminatedUnion('type', [process, ssh]);

export const platform = z
  .union([z.enum(['process']), ALL])
  .transform((given) => (typeof given === 'string' ? ALL.parse({ type: given }) : given));

export type PlatformConfig = z.output<typeof platform>;
export type SshConfig = Extract<PlatformConfig, { type: 'ssh' }>;

function different(values: readonly unknown[], context: z.RefinementCtx): void {
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) === index) continue;
    context.addIssue({ code: 'custom', path: [index], message: `${String(value)} is there twice` });
  }
}
