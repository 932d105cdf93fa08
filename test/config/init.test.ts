import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DetectedProject, detectProject, renderInitialConfig } from '../../src/config/init.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { resolveService } from '../../src/config/resolve-service.ts';
import { validate } from '../../src/config/validate.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeFiles } from './config-files.ts';

async function detect(
  files: Readonly<Record<string, string>>,
  folders: readonly string[] = [],
): Promise<DetectedProject> {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, files);
  for (const name of folders) await mkdir(join(folder.path, name));
  return await detectProject(folder.path);
}

const manifest = (content: unknown) => ({ 'package.json': JSON.stringify(content) });

describe('what starts a project', () => {
  test('is its start script, without npm where that is all', async () => {
    expect(
      await detect(manifest({ name: 'shop', scripts: { start: 'node dist/main.js --port=1' } })),
    ).toEqual({
      name: 'shop',
      command: 'node dist/main.js --port=1',
      source: 'the start script of package.json',
      ignore: [],
    });
  });

  test.each([
    { start: 'next start' },
    { start: 'node a.js && node b.js' },
    { start: 'node a.js | tee log' },
    { start: 'node a.js', prestart: 'npm run build' },
    { start: 'nodemon a.js' },
  ])('is npm start where it needs npm: %j', async (scripts) => {
    expect((await detect(manifest({ scripts }))).command).toBe('npm start');
  });

  test('is otherwise its main file', async () => {
    const detected = await detect({
      ...manifest({ main: 'lib/app.js', scripts: { test: 'x' } }),
      'lib/app.js': '',
      'server.js': '',
    });
    expect(detected.command).toBe('node lib/app.js');
    expect(detected.source).toBe('main in package.json');
    expect((await detect({ ...manifest({ main: './lib/../app.js' }), 'app.js': '' })).command).toBe(
      'node app.js',
    );
    expect((await detect(manifest({ main: '../../../etc/passwd' }))).command).toBeNull();
  });

  test('is otherwise a file with a usual name', async () => {
    expect(await detect({ 'index.js': '', 'server.js': '' })).toMatchObject({
      command: 'node server.js',
      source: 'server.js',
    });
    expect(await detect({ ...manifest({ main: 'gone.js' }), 'index.js': '' })).toMatchObject({
      command: 'node index.js',
    });
  });

  test('may not be found', async () => {
    expect(await detect({ 'README.md': '' })).toMatchObject({ command: null, source: 'nothing' });
    expect(await detect({}, ['server.js'])).toMatchObject({ command: null });
  });

  test('odd file names stay one argument', async () => {
    expect(await detect({ ...manifest({ main: 'my server.js' }), 'my server.js': '' })).toMatchObject({
      command: ['node', './my server.js'],
    });
    expect(await detect({ ...manifest({ main: '-e.js' }), '-e.js': '' })).toMatchObject({
      command: ['node', './-e.js'],
    });
  });

  test.each([
    '',
    '{',
    '[]',
    '"x"',
    'null',
    '{"scripts": 5, "main": {}, "name": 7}',
    '{"scripts": {"start": ["x"]}}',
  ])('a package.json that is no good is as if it were not there: %s', async (text) => {
    expect(await detect({ 'package.json': text, 'index.js': '' })).toMatchObject({
      command: 'node index.js',
    });
  });
});

describe('the name of the service', () => {
  const nameOf = async (name: unknown) => (await detect(manifest({ name }))).name;

  test('is that of the package, as far as a service may have it', async () => {
    expect(await nameOf('shop')).toBe('shop');
    expect(await nameOf('@acme/shop.api')).toBe('shop-api');
    expect(await nameOf('../../etc')).toBe('etc');
    expect(await nameOf('x'.repeat(100))).toBe('x'.repeat(64));
  });

  test('is otherwise that of the folder', async () => {
    await using folder = await temporaryFolder();
    const inner = join(folder.path, 'My Shop!');
    await mkdir(inner);
    expect((await detectProject(inner)).name).toBe('My-Shop');
    await mkdir(join(folder.path, '...'));
    expect((await detectProject(join(folder.path, '...'))).name).toBe('app');
    expect((await detectProject(folder.path)).name).toBe(basename(folder.path));
  });
});

test('folders that no release needs are left out', async () => {
  const files = { 'src/x': '', 'coverage/x': '', 'test/x': '', tests: 'a file' };
  expect((await detect(files)).ignore).toEqual(['./test', './coverage']);
});

describe('the first config', () => {
  const golden = (name: string) => readFile(new URL(`golden/${name}.yaml`, import.meta.url), 'utf8');

  test('of a project as many are', async () => {
    const detected = {
      name: 'shop',
      command: 'node server.js',
      source: 'the start script of package.json',
      ignore: ['./test'],
    };
    expect(renderInitialConfig(detected)).toBe(await golden('init'));
  });

  test('of a folder in which nothing was found', async () => {
    expect(renderInitialConfig({ name: '404', command: null, source: 'nothing', ignore: [] })).toBe(
      await golden('init-nothing-found'),
    );
  });

  test('for servers', async () => {
    const detected = { name: 'shop', command: 'node server.js', source: 'server.js', ignore: [] };
    const servers = { hosts: ['web1', 'deploy@10.0.0.2'], run: 'user' } as const;
    expect(renderInitialConfig(detected, servers)).toBe(await golden('init-servers'));
  });

  test.each([
    ['system', { type: 'systemd', scope: 'system' }, '/srv/sluice'],
    ['user', { type: 'systemd', scope: 'user' }, 'apps'],
    ['detached', { type: 'detached' }, 'apps'],
  ] as const)('for servers is a config, with what they have: %s', (run, expected, root) => {
    const detected = { name: 'shop', command: null, source: 'nothing', ignore: [] };
    const hosts = ['web1', 'ann@10.0.0.2', 'fe80::1%eth0', '#x', '*'];
    const { config, problems } = validate(readYaml(renderInitialConfig(detected, { hosts, run }), 'x').value);
    expect(problems).toEqual([]);
    expect(resolveService(config!)).toMatchObject({
      platform: { type: 'ssh', hosts, run: expected, root },
      strategy: { type: 'rolling' },
    });
  });

  test('is a config, whatever was found', () => {
    const anything: fc.Arbitrary<DetectedProject> = fc.record({
      name: fc.oneof(
        fc.stringMatching(/^[a-zA-Z0-9]{1,10}$/),
        fc.constantFrom('true', 'null', '1e5', '0x1', 'no'),
      ),
      command: fc.oneof(
        fc.constant(null),
        fc.constantFrom('.0', '.inf', '-1', '~', '1_000', '2026-01-01'),
        fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
        fc.array(
          fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
          { minLength: 1 },
        ),
      ),
      source: fc.constantFrom('server.js', 'main in package.json'),
      ignore: fc.array(fc.constantFrom('./test', './a b', './#x')),
    });
    fc.assert(
      fc.property(anything, (detected) => {
        const { config, problems } = validate(readYaml(renderInitialConfig(detected), 'x').value);
        expect(problems).toEqual([]);
        const service = resolveService(config!);
        expect(service.name).toBe(detected.name);
        expect(service.command).toEqual(detected.command ?? 'node server.js');
        expect(service.ignore).toEqual(detected.ignore);
      }),
    );
  });

  test('is still one with the check that it only suggests', async () => {
    const text = (await golden('init')).replace('# - { type', '- { type');
    const { config } = validate(readYaml(text, 'x').value);
    expect(resolveService(config!).checks.map(({ type }) => type)).toEqual(['tcp', 'http']);
  });
});
