import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptConfig } from '../../src/config/kept-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/validate.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { problemsOf, writeFiles } from './config-files.ts';

const FILE = 'sluice.config.yaml';
const EVERYTHING = `
services:
  api:
    command: [node, server.js]
    env: { PORTS: 1 }
    port: 80
    hosts: [api.localhost]
    strategy: { type: canary, bake: 1m, stages: [{ percent: 5, gate: ann }, 50, 100] }
    checks: [{ type: http, path: /healthz, headers: { a: b } }, { type: disk, path: / }, { type: tcp }]
    policy: { maxFailures: 10%, onFailure: pause }
  web: { command: node web.js, strategy: rolling }
environments:
  staging: { services: { api: { instances: 1 } } }
  production: {}
defaultEnvironment: staging
`;

/** The services of what is kept for this text; of a config with the one service where nothing was kept. */
async function keptOver(file: string, text: string, service: string): Promise<readonly string[]> {
  const config: Config = {
    services: [service],
    environments: {},
    defaultEnvironment: null,
    notifications: [],
  };
  return (await keptConfig(file, text, async () => config)).services;
}

test('what was found is the same when it comes from where it was kept', async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { [FILE]: EVERYTHING, '.sluice/x': '' });
  const options = { cwd: folder.path, keepIn: '.sluice' };
  const first = await loadConfig(options);
  const kept = join(folder.path, '.sluice', 'config.json');
  const { ino } = await stat(kept);
  const { config } = JSON.parse(await readFile(kept, 'utf8')) as { config: unknown };
  expect(config).toStrictEqual(first.config);
  expect(await loadConfig(options)).toStrictEqual(first);
  expect((await stat(kept)).ino).toBe(ino);
});

test('the same text is checked once, another one anew', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  expect(await keptOver(file, 'a', 'first')).toEqual(['first']);
  expect(await keptOver(file, 'a', 'second')).toEqual(['first']);
  expect(await keptOver(file, 'b', 'third')).toEqual(['third']);
  expect(await keptOver(file, 'a', 'fourth')).toEqual(['fourth']);
  expect(await readdir(folder.path)).toEqual(['config.json']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('what others may write to is not believed, nor what cannot be read', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  await keptOver(file, 'a', 'first');
  await chmod(file, 0o620);
  expect(await keptOver(file, 'a', 'second')).toEqual(['second']);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -2));
  expect(await keptOver(file, 'a', 'third')).toEqual(['third']);
  await writeFile(file, 'null');
  expect(await keptOver(file, 'a', 'fourth')).toEqual(['fourth']);
  expect(await keptOver(file, 'a', 'fifth')).toEqual(['fourth']);
});

test('nothing is kept where there is no folder, or where nothing can be', async () => {
  await using folder = await temporaryFolder();
  const missing = join(folder.path, 'missing', 'config.json');
  expect(await keptOver(missing, 'a', 'first')).toEqual(['first']);
  const taken = join(folder.path, 'taken');
  await mkdir(taken);
  expect(await keptOver(taken, 'a', 'second')).toEqual(['second']);
  expect(await readdir(folder.path)).toEqual(['taken']);
});

test('a config that is wrong is wrong every time, and is not kept', async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { [FILE]: 'services: { api: {} }', '.sluice/x': '' });
  const refusal = () => problemsOf(loadConfig({ cwd: folder.path, keepIn: '.sluice' }));
  expect(await refusal()).toEqual([`${FILE}:1:13 services.api.command: is missing`]);
  expect(await refusal()).toEqual([`${FILE}:1:13 services.api.command: is missing`]);
  expect(await readdir(join(folder.path, '.sluice'))).toEqual(['x']);
});

test('a module is never kept: it may come to something else the next time', async () => {
  await using folder = await temporaryFolder();
  const module = "export default { services: { api: { command: 'node x.js' } } };";
  await writeFiles(folder.path, { 'sluice.config.mjs': module, '.sluice/x': '' });
  await loadConfig({ cwd: folder.path, keepIn: '.sluice' });
  expect(await readdir(join(folder.path, '.sluice'))).toEqual(['x']);
});
