import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { resolveService } from '../../src/config/resolve-service.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { loadText, problemsIn, problemsOf, writeFiles } from './config-files.ts';

let cache: TemporaryFolder;
const before = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
  cache = await temporaryFolder();
  process.env.XDG_CACHE_HOME = cache.path;
});

afterAll(async () => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  await cache[Symbol.asyncDispose]();
});

describe('a config in TypeScript or JavaScript', () => {
  test('may use types, imports and defineConfig, with Sluice installed nowhere near', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      'ports.ts': 'export const port: number = 9000 + 1;',
      'sluice.config.ts': `
        import { defineConfig } from 'sluice';
        import { port } from './ports.ts';
        interface Where { readonly folder: string }
        const where: Where = { folder: 'dist' };
        export default defineConfig({
          services: { api: { ...where, port, command: ['node', 'server.js'], hosts: undefined, strategy: 'canary' } },
        });`,
    });
    const { config, file } = await loadConfig({ cwd: folder.path });
    expect(file).toBe(join(folder.path, 'sluice.config.ts'));
    expect(resolveService(config)).toMatchObject({
      folder: 'dist',
      port: 9001,
      hosts: [],
      strategy: { type: 'canary' },
    });
  });

  test.each([
    ['sluice.config.mts', "export default { services: { api: { command: 'x' as string } } };"],
    [
      'sluice.config.mjs',
      "const x = await Promise.resolve('x');\nexport default { services: { api: { command: x } } };",
    ],
    ['sluice.config.js', "export default { services: { api: { command: 'x' } } };"],
    ['sluice.config.js', "module.exports = { services: { api: { command: 'x' } } };"],
  ])('%s: %s', async (name, text) => {
    expect((await loadText(text, name)).config.services).toEqual(['api']);
  });

  test('is read anew when it has changed', async () => {
    await using folder = await temporaryFolder();
    for (const port of [1, 2]) {
      await writeFiles(folder.path, {
        'sluice.config.ts': `export default { services: { api: { command: 'x', port: ${port} } } };`,
      });
      expect(resolveService((await loadConfig({ cwd: folder.path })).config).port).toBe(port);
    }
  });

  test('is checked like any other; its mistakes have no position', async () => {
    const text = `export default {
      services: { api: { comand: 'x', instances: 0, strategy: () => 1, port: 5n } },
    };`;
    expect(await problemsIn(text, 'sluice.config.ts')).toEqual([
      'sluice.config.ts services.api.command: is missing',
      'sluice.config.ts services.api.instances: 0 is less than 1',
      'sluice.config.ts services.api.port: must be a number, not 5',
      'sluice.config.ts services.api.strategy: must be text or a mapping, not a function',
      'sluice.config.ts services.api.comand: unknown key, did you mean "command"?',
    ]);
  });
});

describe('a config that does not come to its end', () => {
  const cases: [string, string, string][] = [
    [
      'throws',
      "\nthrow new Error('DATABASE_URL is not set');",
      'sluice.config.ts:2:7: DATABASE_URL is not set',
    ],
    ['throws text', "throw 'no';", 'sluice.config.ts: no'],
    ['throws nothing', "throw new Error('');", 'sluice.config.ts:1:1: threw an empty error'],
    [
      'has a syntax error',
      'export default {\n  services: { api: \n};',
      'sluice.config.ts:3:1: Unexpected token',
    ],
    [
      'imports what is not there',
      "import './nowhere.ts';\nexport default {};",
      "sluice.config.ts:1:1: Cannot find module './nowhere.ts'",
    ],
    ['exports no default', 'export const config = {};', 'sluice.config.ts: exports no default'],
    ['exports nothing', '', 'sluice.config.ts: exports no default'],
    ['exports undefined', 'export default undefined;', 'sluice.config.ts: exports no default'],
    [
      'exports a function',
      'export default () => ({});',
      'sluice.config.ts: must be a mapping, not a function',
    ],
    [
      'contains itself',
      'const a: any = {}; a.a = a; export default a;',
      'sluice.config.ts: nested deeper than 64 levels, or contains itself',
    ],
    [
      'has a key that no mapping can have',
      'export default { ["__proto__"]: 1 };',
      'sluice.config.ts: __proto__ cannot be a key',
    ],
    [
      'has a getter that throws',
      "export default { get services() { throw new Error('no') } };",
      'sluice.config.ts:1:1: no',
    ],
  ];
  test.each(cases)('%s', async (_, text, problem) => {
    expect(await problemsIn(text, 'sluice.config.ts')).toEqual([problem]);
  });

  test('says what it found where it was thrown, in another file too', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      'inner.ts': "throw new Error('inner fault');",
      'sluice.config.ts': "import './inner.ts';\nexport default {};",
    });
    const [problem] = await problemsOf(loadConfig({ cwd: folder.path }));
    expect(problem).toMatch(/^sluice\.config\.ts(:\d+:\d+)?: inner fault$/);
  });
});

test('the loader of TypeScript is only loaded for TypeScript', async () => {
  const sourceOf = (name: string) =>
    readFile(new URL(`../../src/config/${name}.ts`, import.meta.url), 'utf8');
  const loader = await sourceOf('load-config');
  expect(loader).not.toMatch(/from '\.\/read-(module|yaml)\.ts'/);
  expect(loader).toContain("await import('./read-module.ts')");
  for (const name of [
    'find-config',
    'read-text',
    'read-yaml',
    'yaml-tree',
    'validate',
    'environment',
    'schema',
    'check',
  ]) {
    expect(await sourceOf(name)).not.toContain('jiti');
  }
});
