/**
 * The verbs of the command line, as data: what they take, what they say of themselves, and the file that
 * does the work, loaded only when the verb is used. Help, completion and the page in `docs/` come from here.
 */
import { SERVER_VERBS } from './server-verbs.ts';
import { SIGNAL_VERBS } from './signal-verbs.ts';
import { AS, ON, SUPERSEDE, type Verb, WAIT } from './verb.ts';

export const VERBS: readonly Verb[] = [
  {
    name: 'init',
    summary: 'Write a first sluice.config.yaml for the project in this folder',
    options: [['--hosts <hosts>', 'deploy to these servers, as `ssh` would be given them: web1,deploy@web2']],
    examples: [
      ['sluice init', 'finds the start script of a Node project; asks nothing'],
      ['sluice init --hosts web1,web2', 'for servers: logs in, and looks whether they have systemd'],
    ],
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'plan',
    arguments: '[service] [version]',
    summary: 'Show every step of a deployment before anything moves',
    options: [['--rollback', 'plan a rollback, to the version or to the last good release']],
    examples: [
      ['sluice plan api 2.1.0', 'what `sluice apply` with the digest it prints will do'],
      ['sluice plan', 'of the only service, in the version of its package.json'],
    ],
    load: async () => (await import('./commands/plan.ts')).plan,
    loadRemote: async () => (await import('./remote/commands.ts')).plan,
  },
  {
    name: 'apply',
    arguments: '<digest>',
    summary: 'Execute a plan exactly as it was shown; refused when the fleet has changed since',
    options: [WAIT, SUPERSEDE, AS],
    examples: [['sluice apply 3f9a1c', 'a beginning of the digest is enough']],
    load: async () => (await import('./commands/apply.ts')).apply,
    loadRemote: async () => (await import('./remote/commands.ts')).apply,
  },
  {
    name: 'deploy',
    arguments: '[service] [version]',
    summary: 'Deploy a version of a service',
    options: [WAIT, SUPERSEDE, AS],
    examples: [
      ['sluice deploy api 2.1.0', 'with the strategy of the config'],
      ['sluice deploy', 'the only service, in the version of its package.json'],
      ['sluice deploy api 2.1.0 --env staging', 'somewhere else'],
      ['sluice deploy api 2.1.1 --supersede', 'in place of the one that is rolling out'],
    ],
    load: async () => (await import('./commands/deploy.ts')).deploy,
    loadRemote: async () => (await import('./remote/commands.ts')).deploy,
  },
  {
    name: 'rollback',
    arguments: '[service] [version]',
    summary: 'Go back to the last good release, or to a version that was deployed before',
    options: [WAIT, SUPERSEDE, AS],
    examples: [
      ['sluice rollback api', 'to the last good release before the one that runs'],
      ['sluice rollback api 1.9.2', 'to this one'],
    ],
    load: async () => (await import('./commands/rollback.ts')).rollback,
    loadRemote: async () => (await import('./remote/commands.ts')).rollback,
  },
  {
    name: 'status',
    arguments: '[service]',
    summary: 'Look at what runs where, and whether it is what should run',
    options: [['--verify', 'on servers, read every file of the release that runs and compare it']],
    examples: [
      ['sluice status', 'every service of the environment; exit code 9 when something is not well'],
      ['sluice status api --json', 'for scripts'],
    ],
    load: async () => (await import('./commands/status.ts')).status,
    loadRemote: async () => (await import('./remote/commands.ts')).status,
  },
  {
    name: 'reconcile',
    arguments: '[service]',
    summary: 'Put right what is not as the last good deployment left it, such as on a server that was away',
    options: [['--dry-run', 'only say what differs, and what would be done'], WAIT, AS],
    examples: [
      ['sluice reconcile api', 'once its servers are back; exit code 9 while some are still out of reach'],
      ['sluice reconcile --dry-run', 'what it would do, for the only service'],
    ],
    load: async () => (await import('./commands/reconcile.ts')).reconcile,
    loadRemote: async () => (await import('./remote/commands.ts')).reconcile,
  },
  {
    name: 'history',
    arguments: '[service]',
    summary: 'List deployments, newest first',
    options: [
      ['--outcome <outcome>', 'only those that completed, failed, rolled-back, aborted, or are running'],
      ['--version <version>', 'only those that brought this version'],
      ['--by <who>', 'only those that this person began: `ann`, or `ann@laptop`'],
      ['--since <time>', 'only those begun since: 7d ago, 2026-11-23, or "2026-11-23 14:30"; in UTC'],
      ['--until <time>', 'only those begun until then; of a day until its end'],
      ['-n, --limit <count>', 'at most so many; default 20'],
    ],
    examples: [
      ['sluice history api -n 5', 'the last five of one service'],
      ['sluice history --outcome rolled-back --since 30d', 'what went wrong lately'],
      ['sluice history --version 2.1.0 --env production', 'when a version was deployed there'],
    ],
    load: async () => (await import('./commands/history.ts')).history,
    loadRemote: async () => (await import('./remote/commands.ts')).history,
  },
  {
    name: 'show',
    arguments: '[deployment]',
    summary: 'Tell all of one deployment: its steps, who decided what, its targets, why it failed, its story',
    options: [['--targets', 'every target in a line of its own, also in the story']],
    examples: [
      ['sluice show api-7', 'by its id'],
      ['sluice show', 'the newest'],
    ],
    load: async () => (await import('./commands/show.ts')).show,
    loadRemote: async () => (await import('./remote/commands.ts')).show,
  },
  {
    name: 'diff',
    arguments: '[a] [b]',
    summary: 'Tell what differs between two deployments, by id, version or release',
    options: [
      ['--service <name>', 'whose versions are meant, where the config has several services'],
      ['--files', 'name every file that differs'],
      ['--exit-code', 'end with exit code 10 when they differ; how long they took does not count'],
    ],
    examples: [
      ['sluice diff api-12 api-14', 'two deployments'],
      ['sluice diff 1.0.0 1.1.0', 'the newest good deployment of each version'],
      ['sluice diff 1.0.0', 'a version, and the one that runs'],
      ['sluice diff api-14', 'a deployment, and the one before it'],
      ['sluice diff', 'the newest, and the one before it'],
    ],
    load: async () => (await import('./commands/diff.ts')).diff,
    loadRemote: async () => (await import('./remote/commands.ts')).diff,
  },
  {
    name: 'export',
    arguments: '[deployments...]',
    summary: 'Print whole journals as JSON Lines, to be kept elsewhere or analysed',
    options: [['--all', 'every deployment of every service; with --env those of one environment']],
    examples: [
      ['sluice export api-12 api-14 > two.jsonl', 'by their ids'],
      ['sluice export --all | gzip > history.jsonl.gz', 'everything that is kept, oldest first'],
    ],
    load: async () => (await import('./commands/export.ts')).exportDeployments,
  },
  {
    name: 'prune',
    arguments: '[service]',
    summary: 'Remove of the history what its config does not keep; never what a rollback needs',
    options: [['--dry-run', 'only say what would go'], WAIT],
    examples: [
      ['sluice prune --dry-run', 'of every service of the environment'],
      ['sluice prune api', 'also done at the end of each deployment'],
    ],
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  {
    name: 'watch',
    arguments: '[deployment]',
    summary: 'Watch a deployment that another terminal runs',
    examples: [['sluice watch', 'the one that is under way']],
    load: async () => (await import('./commands/watch.ts')).watch,
    loadRemote: async () => (await import('./remote/commands.ts')).watch,
  },
  ...SIGNAL_VERBS,
  {
    name: 'logs',
    arguments: '[service-or-target]',
    summary: 'Print what the instances of a service have written',
    options: [
      ['-f, --follow', 'go on printing'],
      ['-n, --lines <count>', 'lines of the past for each instance; default 50'],
      ON,
    ],
    examples: [
      ['sluice logs api -f', 'all its instances, each line with its target'],
      ['sluice logs api.3', 'one of them'],
    ],
    load: async () => (await import('./commands/logs.ts')).logs,
    loadRemote: async () => (await import('./remote/commands.ts')).logs,
  },
  {
    name: 'exec',
    arguments: '[service-or-target]',
    summary:
      'Run a command on the servers of a service, in the folder and with the environment of its release',
    options: [ON, ['--timeout <duration>', 'the longest that it may take; default 10m. Then it is killed']],
    runsCommand: true,
    examples: [
      ['sluice exec api -- uptime', 'on all its servers at once, each line with its server'],
      ['sluice exec web1 -- npm run migrate', 'on one of them'],
      [
        "sluice exec api --on web1 --on web2 -- sh -c 'ls | wc -l'",
        'a line for the shell is an argument of `sh`',
      ],
    ],
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'doctor',
    summary: 'Check everything that a deployment needs, and say the remedy for what is missing',
    examples: [['sluice doctor', 'exit code 9 when something would fail']],
    load: async () => (await import('./commands/doctor.ts')).doctor,
    loadRemote: async () => (await import('./remote/commands.ts')).doctor,
  },
  {
    name: 'stop',
    arguments: '[service]',
    summary: 'Stop a service: its route and all its instances',
    options: [['--all', 'stop every service of the environment, and the supervisor']],
    examples: [
      ['sluice stop api', '`sluice deploy` or `sluice rollback VERSION` starts it again'],
      ['sluice stop old', 'also what was taken out of the config and still runs; `sluice status` names it'],
    ],
    load: async () => (await import('./commands/stop.ts')).stop,
    loadRemote: async () => (await import('./remote/commands.ts')).stop,
  },
  ...SERVER_VERBS,
  {
    name: 'config',
    arguments: '[service]',
    summary: 'Print the config as it is understood: defaults filled in, the environment laid over',
    examples: [['sluice config api --env staging', 'exit code 2 when it cannot be used']],
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'completion',
    arguments: '<shell>',
    summary: 'Print the completion script for bash, zsh or fish',
    examples: [['eval "$(sluice completion bash)"', 'in your .bashrc']],
    load: async () => (await import('./commands/completion.ts')).completion,
  },
];
