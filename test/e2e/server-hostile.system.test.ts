/** Hostile words in every place of a config, on a real server: each arrives as it is, and none is run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import { waitFor } from '../support/wait-for.ts';
import { ServerProject } from './server-project.ts';

const CANARY = '/tmp/sluice-pwned';
/** Each would make the file, in some language or other, if anything read it as more than a word. */
const HOSTILE = [
  `$(touch ${CANARY})`,
  `\`touch ${CANARY}\``,
  `'; touch ${CANARY}; '`,
  `"; touch ${CANARY}; "`,
  `\n touch ${CANARY}\n`,
  `| touch ${CANARY} &`,
  `$IFS$9\${HOME}`,
  '-rf',
  '--',
  '*?[a-z]~',
  '%s%n%41 %%',
  '\\0\\n\\',
  '!! #{x} é日😀',
  '',
];
/** Those that can be a part of a path, or of a line. */
const PARTS = HOSTILE.filter((word) => word !== '' && !/[/\n]/.test(word)).concat([
  '$(id)',
  '`id`',
  "';id;'",
]);

/** Notes what it got, each word ended by a zero. */
const TELL = ['sh', '-c', 'printf "%s\\0" "$@" >"$0"'];
const ended = (words: readonly string[]) => words.map((word) => `${word}\0`).join('');

describe.runIf(requiresSshFleet())('a hostile config, on a real server', () => {
  let project: ServerProject;

  beforeAll(async () => {
    project = await ServerProject.create({ hosts: 1 });
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  /** Of this machine, and of the host. */
  function expectNoCanary(): void {
    expect(existsSync(CANARY)).toBe(false);
    for (const folder of [project.dir, project.fleet.folder]) {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      expect(files.filter((file) => /(^|\/)(sluice-)?pwned$/.test(file))).toEqual([]);
    }
  }

  test('runs as it is written, and nothing else does', { timeout: 120_000 }, async () => {
    const root = `a p$(touch pwned)'"\\0%s;é😀/\`id\``;
    const env = Object.fromEntries(HOSTILE.map((word, index) => [`X${index}`, word]));
    const names = Object.keys(env).map((name) => `"$${name}"`);
    const tell = `printf "%s\\0" "$@" ${names.join(' ')} >"$SLUICE_RUN/tell"; mv "$SLUICE_RUN/tell" "$SLUICE_RUN/told"; exec sleep 600`;
    const configFile = `it's $(touch pwned) "ssh"\\; config`;
    await copyFile(project.fleet.configFile, join(project.dir, configFile));
    const shared = PARTS.map((part, index) => (index % 2 === 0 ? `${part}/` : `in/${part}`));
    project.configure(
      [
        `command: ${JSON.stringify(['sh', '-c', tell, 'main', ...HOSTILE])}`,
        `env: ${JSON.stringify(env)}`,
        'checks: []',
        `hooks: { before: ${JSON.stringify([{ name: HOSTILE[0], command: [...TELL, 'before.told', ...HOSTILE] }])} }`,
      ],
      { root, configFile, shared },
    );
    project.build({ 'main.sh': '', ...Object.fromEntries(PARTS.map((part) => [`file ${part}`, part])) });
    await project.must(0, 'deploy', 'app', '1.0.0');

    const home = join(project.fleet.hosts[0]?.folder ?? '', 'home/deploy');
    const service = join(home, root, 'app');
    const told = join(service, '.sluice/run/1/told');
    await waitFor('the service', () => existsSync(told));
    expect(readFileSync(told, 'utf8')).toBe(ended([...HOSTILE, ...HOSTILE]));
    expect(readFileSync(join(project.dir, 'before.told'), 'utf8')).toBe(ended(HOSTILE));
    expect(readdirSync(home).filter((name) => !name.startsWith('.'))).toEqual([root.split('/')[0]]);
    const [release = ''] = readdirSync(join(service, 'releases'));
    const folders = shared.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1));
    const files = PARTS.map((part) => `file ${part}`);
    expect(readdirSync(join(service, 'releases', release)).toSorted()).toEqual(
      ['main.sh', 'in', ...folders, ...files].toSorted(),
    );
    for (const args of [['status'], ['logs'], ['show'], ['stop', '--all']]) await project.must(0, ...args);
    expectNoCanary();
  });

  test('commands of its own, its restart too, get their words as they are', {
    timeout: 120_000,
  }, async () => {
    const tell = (verb: string) => ['sh', '-c', 'printf "%s\\0" "$@" >"$SLUICE_RUN/$0"', verb, ...HOSTILE];
    const run = { type: 'commands', stop: ['true'], status: tell('status'), restart: tell('restart') };
    project.configure([`command: ${JSON.stringify(tell('start'))}`, 'checks: []'], { run, root: 'own' });
    project.build({ 'main.sh': '' });
    await project.must(0, 'deploy', 'app', '1.0.0');
    project.build({ 'main.sh': 'another' });
    await project.must(0, 'deploy', 'app', '2.0.0');
    const home = join(project.fleet.hosts[0]?.folder ?? '', 'home/deploy');
    for (const verb of ['start', 'status', 'restart']) {
      expect(readFileSync(join(home, 'own/app/.sluice/run/1', verb), 'utf8')).toBe(ended(HOSTILE));
    }
    expectNoCanary();
  });

  test('a hook is told what a service printed, and by whom it was deployed, as words', {
    timeout: 120_000,
  }, async () => {
    const told = 'env -0 >failed.told';
    const says = HOSTILE.filter((word) => !word.includes('\n')).join(' ');
    project.configure(
      [
        `command: ${JSON.stringify(['sh', '-c', 'echo "$1"; exit 1', 'main', says])}`,
        'policy: { healthTimeout: 2s }',
        `hooks: { onFailure: ${JSON.stringify([{ name: 'tell', command: ['sh', '-c', told] }])} }`,
      ],
      { root: 'failing' },
    );
    project.build({ 'main.sh': '' });
    const { stdout } = await project.must(3, 'deploy', 'app', '3.0.0');
    expect(stdout).toContain(`$(touch ${CANARY})`);
    const variables = readFileSync(join(project.dir, 'failed.told'), 'utf8').split('\0');
    expect(variables).toContain('SLUICE_VERSION=3.0.0');
    expect(variables).toContain('SLUICE_SERVICE=app');
    expect(variables.find((one) => one.startsWith('SLUICE_REASON='))).toContain('h001');
    expectNoCanary();
  });

  test.each(PARTS)('%j is no version, and nobody', async (word) => {
    project.configure(['command: ./main', 'checks: []']);
    expect(await project.sluice('deploy', 'app', '--', word)).toMatchObject({ exitCode: 2 });
    if (/[() ]/.test(word)) {
      expect(await project.sluice('deploy', 'app', '1.0.0', '--as', word)).toMatchObject({ exitCode: 2 });
    }
    expectNoCanary();
  });

  test.each(['-oProxyCommand=id', '$(id)', '`id`', "';id;'", 'a b', '|id', 'a@-b', '$(id)@a', 'a\nb'])(
    '%j is no host',
    async (host) => {
      project.configure(['command: ./main', 'checks: []'], { hosts: [host] });
      const { exitCode, stderr } = await project.sluice('status');
      expect(exitCode).toBe(2);
      expect(stderr).toContain('is not a host: a name of the ssh config, a host name, or user@host');
      expectNoCanary();
    },
  );
});
