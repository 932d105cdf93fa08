/**
 * Writes docs/cli.md from the verbs and the exit codes: `npx jiti scripts/write-cli-reference.ts`. A unit test
 * fails when the page is not what this writes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/cli/exit-codes.ts';
import type { Verb } from '../src/cli/verb.ts';
import { VERBS } from '../src/cli/verbs.ts';
import { LEASE_TTL_MS } from '../src/engine/lease-keeper.ts';

const PAGE = fileURLToPath(new URL('../docs/cli.md', import.meta.url));

/** What `--json` prints: the keys of the outermost object, by verb. */
export const JSON_KEYS = {
  init: ['file', 'name', 'command', 'source', 'ignore'],
  plan: ['plan', 'preview', 'estimateMs'],
  status: ['services', 'orphans'],
  history: ['deployments'],
  diff: [
    'from',
    'to',
    'version',
    'release',
    'artifact',
    'config',
    'secretsChanged',
    'strategy',
    'policy',
    'targets',
    'outcome',
    'files',
    'took',
    'differs',
  ],
  prune: ['dryRun', 'services'],
  logs: ['logs'],
  exec: ['service', 'targets'],
  doctor: ['findings'],
  stop: ['stopped'],
  config: ['file', 'services'],
} as const satisfies Record<string, readonly string[]>;

/** Of a deployment: what `apply`, `deploy`, `rollback`, `resume` and `watch` end with, and `show` begins with. */
export const DEPLOYMENT_KEYS = {
  deployment: 'its id, such as `api-7`',
  service: 'its name',
  environment: 'its name',
  version: 'the version that it brings',
  release: 'the id of that release: the version and the beginning of its digest',
  strategy: '`rolling`, `canary`, `blueGreen`, `allAtOnce`, or `rollback`',
  phase: '`created`, `running` or `ended`',
  direction: '`forward`, or `back` once it rolls back',
  outcome: '`completed`, `rolled-back`, `aborted` or `failed`; `null` while it goes on',
  cause: 'why it did not complete: `kind`, `message`, perhaps `target` and `evidence`; or `null`',
  gate: 'where it waits for people: `question`, `needed`, `approvals` (each with `by`), `approvers`, `deadline`; or `null`',
  startedAt: 'ISO 8601, in UTC; `null` before',
  endedAt: 'the same',
  targets: 'of each: `id`, `from` (the release before), how far `new` and `old` are on it, `failure`',
} as const;

/** What `show` adds to those of a deployment. */
export const SHOW_KEYS = {
  plan: 'the digest of the plan',
  by: 'who began it',
  createdAt: 'ISO 8601, in UTC',
  tookMs: 'from then to its end; `null` while it goes on',
  controllers: 'who had the wheel in turn: `at`, `controller`',
  steps:
    'those of the plan, then those of the rollback: `direction`, `position` (from 0), `step`, `outcome` (`done`, `failed`, ' +
    '`cut-short`, `under-way` or `not-begun`), `startedAt`, `endedAt`, `tookMs`, `note`, `cause`',
  signals:
    'who asked for what: `at`, `signal`, `by`, `reason`, `digest` (of the plan that they saw), `full`, and `refused` with why it was not obeyed',
  events: 'its journal: of each event `seq` and `event`',
} as const;

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Done, or there was nothing to do.',
  unexpected: 'Something unexpected: a fault of Sluice, of the disk, of the network. The message says what.',
  usage: 'The command, the config or the input cannot be used. Nothing was changed.',
  rolledBack: 'The deployment failed, and everything is back as it was.',
  failed: 'The deployment failed and is not rolled back: a person is needed.',
  aborted:
    'The deployment was aborted, and everything is back as it was; or Ctrl-C came before anything was begun.',
  busy: 'Somebody else deploys the service at this moment, or a deployment is in the way.',
  stale: 'The plan is stale, or was edited. Nothing was changed.',
  left: 'The deployment goes on, or waits, without this command.',
  unhealthy: 'What was looked at is not well: `status` and `doctor`.',
  different: 'What was compared differs: `diff --exit-code`.',
  commandFailed: '`exec`: on some target the command failed, or could not be run.',
};

const COMMON_OPTIONS = [
  ['-e, --env <name>', 'the environment; without it the default one of the config'],
  ['-c, --config <file>', 'the config file; without it the nearest one, here or in a folder above'],
  ['--server <url>', 'let the server at this address do it'],
  ['--json', 'print one JSON document on standard output, and no live view'],
  ['--no-color', 'print no colours'],
  ['-h, --help', 'what the verb takes, with examples'],
] as const;

const VARIABLES = [
  ['SLUICE_ENVIRONMENT', 'The same as `--env`, which wins.'],
  ['SLUICE_CONFIG', 'The same as `--config`, which wins.'],
  ['SLUICE_SERVER', 'The same as `--server`, which wins.'],
  ['SLUICE_TOKEN', 'The token that the server is asked with.'],
  ['SLUICE_USER', 'The same as `--as`, which wins. Without either it is `SUDO_USER`, which sudo sets.'],
  ['SLUICE_DEBUG', '`1`: errors are printed with their stack.'],
  ['NO_COLOR', 'Set to anything: no colours.'],
  ['FORCE_COLOR', 'Set to anything but `0`, `false` or nothing: colours, also where no terminal is.'],
  ['CI', 'Set to anything: lines instead of the live view, even on a terminal.'],
  ['TERM', '`dumb`: lines, without colours.'],
  ['LC_ALL, LC_CTYPE, LANG', 'The first that is set: UTF-8 in it means `✓` and `━`; else plain ASCII.'],
] as const;

/** The whole page. */
export function renderCliReference(): string {
  return [
    '<!-- Written by scripts/write-cli-reference.ts from src/cli/verbs.ts and src/cli/exit-codes.ts: change it there. -->',
    '',
    '# The command line',
    '',
    'Every verb tells what it takes: `sluice VERB --help`.',
    '',
    ...table(
      ['Verb', 'Does'],
      VERBS.map((verb) => [`[\`${verb.name}\`](#${anchorOf(verb)})`, verb.summary]),
    ),
    ...ARGUMENTS,
    '## Options of every verb',
    '',
    ...table(
      ['Option', 'Meaning'],
      COMMON_OPTIONS.map(([flags, meaning]) => [code(flags), meaning]),
    ),
    '`sluice --version`, before any verb, prints the version of Sluice.',
    '',
    ...VERBS.flatMap(section),
    '## Exit codes',
    '',
    'For scripts. A number never changes its meaning.',
    '',
    ...table(['Code', 'Meaning'], exitRows()),
    ...JSON_PAGE,
    ...table(
      ['Key of a deployment', 'Value'],
      Object.entries(DEPLOYMENT_KEYS).map(([key, value]) => [code(key), value]),
    ),
    '`show` has more to tell: of each target also `attempts`, the most tries that anything on it took, and `tookMs`; and',
    '',
    ...table(
      ['Key of `show`', 'Value'],
      Object.entries(SHOW_KEYS).map(([key, value]) => [code(key), value]),
    ),
    ...JSON_REST,
    '## Environment variables',
    '',
    ...table(
      ['Variable', 'Meaning'],
      VARIABLES.map(([name, meaning]) => [name.split(', ').map(code).join(', '), meaning]),
    ),
    ...SCREENS,
  ].join('\n');
}

const ARGUMENTS = [
  '**`[service]`** may be left out where the config has only one. A single word that is not the name of a service is',
  'then taken for the version.',
  '',
  '**`[version]`** is a name of your choice for what is in the folder at this moment: letters, digits and `. - _ +`.',
  'Left out, it is the `version` of the package.json in the folder, or else the time. Where that version was',
  'deployed before with another content, it gets the beginning of its digest: `1.4.0+3f9a1c2`.',
  '',
  '**`[deployment]`** is an id such as `api-7`, or a service, for what is under way there. Left out, it is the only',
  'deployment under way; for `show` and `watch`, where there is none, the newest.',
  '',
  '**`[a] [b]`** of `diff` are ids; or versions or releases, for the newest deployment of each that completed.',
  '',
];

function section(verb: Verb): string[] {
  const usage = ['sluice', verb.name, verb.arguments ?? ''].join(' ').trim();
  const width = Math.max(...verb.examples.map(([line]) => line.length));
  const options = (verb.options ?? []).map(([flags, description]) => [code(flags), description]);
  return [
    `## \`${usage}\``,
    '',
    `${verb.summary}.`,
    '',
    ...(options.length === 0 ? [] : table(['Option', 'Meaning'], options)),
    '```sh',
    ...verb.examples.map(([line, meaning]) => `${line.padEnd(width)}   # ${meaning}`),
    '```',
    '',
  ];
}

/** As forges make it of a heading: lower case, words joined by dashes, everything else left out. */
function anchorOf(verb: Verb): string {
  return ['sluice', verb.name, verb.arguments ?? '']
    .join(' ')
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function exitRows(): string[][] {
  return Object.entries(EXIT).map(([name, number]) => [
    String(number),
    EXIT_MEANINGS[name as keyof typeof EXIT],
  ]);
}

const JSON_PAGE = [
  '## JSON',
  '',
  'With `--json` a command prints one JSON document on standard output; remarks go to standard error. Times in events,',
  'lists and plans are milliseconds since the epoch. `completion` and `logs --follow` print text all the same.',
  '',
  ...table(
    ['Verb', 'Keys'],
    Object.entries(JSON_KEYS).map(([verb, keys]) => [code(verb), keys.map(code).join(', ')]),
  ),
  '`apply`, `deploy`, `rollback`, `resume` and `watch` print the deployment when it has ended. So do `approve`, `reject`,',
  '`promote`, `pause`, `retry` and `abort` where they had to go on with it themselves; where its controller lives they print',
  '`deployment`, `signal`, `received`, `by`, `plan` (the digest that it was given with) and `gate` (as it stands then). `show`',
  'adds `events`, its journal; `--supersede` adds `superseded`, the id of the deployment that was aborted.',
  '`serve` prints `url` and `token`, which is `null` unless it made the first one. `token create` prints `secret` and `token`,',
  '`token list` `tokens`, and `token revoke` `token`.',
  '`export` prints JSON Lines, with `--json` or without: [history.md](history.md#export).',
  '',
];

const JSON_REST = [
  'When every target runs the release already, `deploy` and `rollback` print `service`, `version`, `release` and',
  '`"changed": false`.',
  '',
  'A command that cannot do what it was asked prints an `error` with `code`, `message` and, where there is one, `remedy`; a failed',
  'operation also `evidence`: `probe`, `exitCode`, `signal`, `log`.',
  '',
];

const SCREENS = [
  '## On a terminal, and off it',
  '',
  'On a terminal a rollout is a live view, and one screen at its end says what came of it. In a pipe, in CI, and on a dumb',
  'terminal it is a line for each thing worth one, each with its time in UTC, and the same screen at the end.',
  '',
  '**Ctrl-C** once aborts the deployment and rolls it back. Twice leaves it as it is: `sluice resume` goes on with it,',
  '`sluice abort` takes it back. SIGTERM counts as Ctrl-C. In `sluice watch` and `sluice logs -f` Ctrl-C only stops looking.',
  '',
  'A terminal that is closed ends nothing: the rollout goes on.',
  '',
  '`deploy`, `apply` and `rollback` finish first what a controller that was killed has left in the middle, unless a person has to',
  'say how it goes on (exit code 6). Such a controller holds nobody up. One that cannot be seen from here, in another container,',
  `or that hangs, does so for at most ${LEASE_TTL_MS / 1_000} seconds, until its lease has run out.`,
  '',
  '## Completion',
  '',
  '```sh',
  'eval "$(sluice completion bash)"                                         # in .bashrc',
  'eval "$(sluice completion zsh)"                                          # in .zshrc, after compinit',
  'sluice completion fish > ~/.config/fish/completions/sluice.fish',
  '```',
  '',
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, head.map(() => '---'), ...rows];
  return [...cells.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`), ''];
}

function code(text: string): string {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, renderCliReference());
