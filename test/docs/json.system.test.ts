/** What docs/cli.md says of options and of `--json` is what the command does. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEPLOYMENT_KEYS, JSON_KEYS, SHOW_KEYS } from '../../scripts/write-cli-reference.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { HelloProject } from '../e2e/hello-project.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { REPOSITORY, readPage } from './pages.ts';

const SLUICE = join(REPOSITORY, 'dist/cli/main.js');
const DEPLOYMENT = Object.keys(DEPLOYMENT_KEYS);

let project: HelloProject;

beforeAll(async () => {
  project = await HelloProject.create({ instances: 1, strategy: 'allAtOnce' });
});

afterAll(() => project[Symbol.asyncDispose]());

test('a deployment has the keys that the page says', async () => {
  project.build('1.0.0');
  expect(await keysOf('deploy', '1.0.0')).toEqual(DEPLOYMENT);
  expect(await keysOf('deploy', '1.0.0')).toEqual(['service', 'version', 'release', 'changed']);
  expect(await keysOf('show')).toEqual([...DEPLOYMENT, ...Object.keys(SHOW_KEYS)]);
  expect(await keysOf('watch')).toEqual(DEPLOYMENT);
});

test('so has what the other verbs print', async () => {
  // `exec` needs servers: test/e2e/ssh-exec.system.test.ts.
  const { init, stop, diff, exec: _exec, ...verbs } = JSON_KEYS;
  for (const [verb, keys] of Object.entries(verbs)) expect([verb, await keysOf(verb)]).toEqual([verb, keys]);
  expect(await keysOf('diff', 'hello-1', '1.0.0')).toEqual(diff);
  await using empty = await temporaryFolder();
  const { stdout } = await runProcess([process.execPath, SLUICE, 'init', '--json'], { cwd: empty.path });
  expect(Object.keys(JSON.parse(stdout))).toEqual(init);
  expect(await keysOf('stop')).toEqual(stop);
});

test('an error is JSON too', async () => {
  const { stdout, exitCode } = await project.sluice('deploy', '../1', '--json');
  const { error } = JSON.parse(stdout);
  expect([exitCode, Object.keys(error), error.code]).toEqual([
    2,
    ['code', 'message', 'remedy'],
    'INVALID_INPUT',
  ]);
});

test('every option of `--help` is on the page', async () => {
  const page = readPage('docs/cli.md');
  const { stdout } = await project.sluice('deploy', '--help');
  const inHelp = [...stdout.matchAll(/^ {2}((?:-\w, )?--[\w-]+(?: <\w+>)?)/gm)].map(
    ([, flags = '']) => flags,
  );
  expect(inHelp).toEqual(expect.arrayContaining(['--wait', '-e, --env <name>', '--no-color', '-h, --help']));
  expect(inHelp.filter((flags) => !page.includes(`\`${flags}\``))).toEqual([]);
  expect(VERBS.filter(({ name }) => !page.includes(`\`sluice ${name}`))).toEqual([]);
});

async function keysOf(...args: string[]): Promise<string[]> {
  const { stdout } = await project.sluice(...args, '--json');
  return Object.keys(JSON.parse(stdout));
}
