/** What `sluice init` finds out about a Node project, and the config that it writes for it. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { isMapping } from './mapping.ts';

export interface DetectedProject {
  /** A name that a service may have. */
  readonly name: string;
  /** What starts it; `null` when nothing was found. */
  readonly command: string | readonly string[] | null;
  /** Where that was found, in words. */
  readonly source: string;
  /** Folders that no release needs. */
  readonly ignore: readonly string[];
}

const ENTRY_FILES = ['server.js', 'index.js', 'app.js', 'server.mjs', 'index.mjs'];
const NOT_RELEASED = ['test', 'tests', 'coverage'];

/** Looks at the project in `dir`. What cannot be read is as if it were not there. */
export async function detectProject(dir: string): Promise<DetectedProject> {
  const manifest = await readManifest(dir);
  const ignore: string[] = [];
  for (const folder of NOT_RELEASED) {
    if (await isKind(join(dir, folder), 'folder')) ignore.push(`./${folder}`);
  }
  const name = serviceName(manifest.name) ?? serviceName(basename(resolve(dir))) ?? 'app';
  return { name, ...(await findCommand(dir, manifest)), ignore };
}

async function readManifest(dir: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
    return isMapping(manifest) ? manifest : {};
  } catch {
    return {};
  }
}

async function findCommand(
  dir: string,
  manifest: Readonly<Record<string, unknown>>,
): Promise<Pick<DetectedProject, 'command' | 'source'>> {
  const scripts = isMapping(manifest.scripts) ? manifest.scripts : {};
  if (typeof scripts.start === 'string' && scripts.start.trim() !== '') {
    const source = 'the start script of package.json';
    // Without npm in between there is one process less that has to pass signals on.
    const simple = /^node [^&|;\n]+$/.test(scripts.start.trim()) && scripts.prestart === undefined;
    return { command: simple ? scripts.start.trim() : 'npm start', source };
  }
  const main = typeof manifest.main === 'string' ? relative(dir, resolve(dir, manifest.main)) : '..';
  if (!main.startsWith('..') && (await isKind(join(dir, main), 'file'))) {
    return { command: nodeCommand(main), source: 'main in package.json' };
  }
  for (const file of ENTRY_FILES) {
    if (await isKind(join(dir, file), 'file')) return { command: nodeCommand(file), source: file };
  }
  return { command: null, source: 'nothing' };
}

/** A line where the name of the file is plain; else a list, in which it is one argument whatever it holds. */
function nodeCommand(file: string): string | readonly string[] {
  return /^\w[\w./-]*$/.test(file) ? `node ${file}` : ['node', `./${file}`];
}

/** The nearest that a service may be called; `null` when nothing is left of it. */
function serviceName(wish: unknown): string | null {
  if (typeof wish !== 'string') return null;
  const name = wish
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-zA-Z0-9_-]+/g, '-')
    .slice(0, 64)
    .replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, '');
  return name === '' ? null : name;
}

async function isKind(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return kind === 'file' ? found?.isFile() === true : found?.isDirectory() === true;
}

/** Where a service is to run that does not run on this machine. */
export interface InitialServers {
  readonly hosts: readonly string[];
  /** What they have to keep it running. */
  readonly run: 'system' | 'user' | 'detached';
}

const RUNS = {
  system: '# systemd starts it, also after a crash and a reboot.',
  user: '# The systemd of the user who logs in starts it, also after a crash and a reboot.',
  detached: '# Found no systemd for it: nothing starts it again after a crash or a reboot.',
};

function serverLines({ hosts, run }: InitialServers): string[] {
  const how = run === 'user' ? '{ type: systemd, scope: user }' : run === 'system' ? 'systemd' : run;
  return [
    '    platform:',
    '      type: ssh',
    `      hosts: ${flow(hosts)}`,
    `      ${RUNS[run]}`,
    `      run: ${how}`,
    '',
    '    # Where it listens on each server: not on localhost alone, as the check comes from here.',
    '    port: 8080',
    '',
    '    # One server after the other. Also: canary, allAtOnce.',
    '    strategy: rolling',
  ];
}

const PROCESS_LINES = [
  '    instances: 2',
  '',
  '    # Where people reach the service, whichever release they get.',
  '    port: 8080',
  '',
  '    # 10, 25, 50, then 100 % of the traffic, each watched before the next.',
  '    # Also: rolling, blueGreen, allAtOnce.',
  '    strategy: canary',
];

/**
 * The text of a first `sluice.config.yaml`: short, with what one wants to change first.
 * @param servers default `null`: processes of this machine
 */
export function renderInitialConfig(
  { name, command, source, ignore }: DetectedProject,
  servers: InitialServers | null = null,
): string {
  const origin =
    command === null ? 'nothing to start was found: put your own command here' : `from ${source}`;
  const lines = [
    '# What Sluice deploys, and how. Try `sluice plan`, then `sluice deploy`.',
    'version: 1',
    '',
    'services:',
    `  ${scalar(name)}:`,
    '    # Starts one instance; the port that it has to listen on is in PORT.',
    `    command: ${flow(command ?? 'node server.js')} # ${origin}`,
    ...(ignore.length === 0 ? [] : [`    ignore: ${flow(ignore)}`]),
    ...(servers === null ? PROCESS_LINES : serverLines(servers)),
    '',
    '    checks:',
    '      - type: tcp',
    '      # Better, where a page tells whether the service is well:',
    '      # - { type: http, path: /healthz }',
  ];
  return `${lines.join('\n')}\n`;
}

function flow(value: string | readonly string[]): string {
  return typeof value === 'string' ? scalar(value) : `[${value.map(scalar).join(', ')}]`;
}

/** Text that YAML could take for something else is quoted as in JSON, which YAML understands. */
function scalar(text: string): string {
  const isPlain = /^(?:[A-Za-z]|\.{0,2}\/)[\w./@+-]*(?: [\w./@+=-]+)*$/.test(text);
  return isPlain && !/^(?:true|false|null)$/i.test(text) ? text : JSON.stringify(text);
}
