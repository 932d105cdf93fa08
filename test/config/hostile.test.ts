/** Whatever a config file is, or holds: one error that says where and what to do, and nothing hangs. */
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { validate } from '../../src/config/validate.ts';
import { ConfigError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REMEDY = 'Give the config as a file of text, in its place or with --config.';

async function refusal(file: string, content?: string | Uint8Array): Promise<ConfigError> {
  await using folder = await temporaryFolder();
  if (content !== undefined) await writeFile(`${folder.path}/${file}`, content);
  return await refusedIn(folder.path, file);
}

async function refusedIn(cwd: string, file: string): Promise<ConfigError> {
  const error = await loadConfig({ cwd, file }).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw error;
  return error;
}

const GOOD = 'services:\n  api:\n    command: node x\n';

/** What goes wrong here takes minutes, or for ever; the machine may have much else to do. */
const MUCH_TOO_LONG_MS = 4_000;

describe('a file that is none', () => {
  test('a folder, a pipe, a device, a link to itself, nothing at all', async () => {
    await using folder = await temporaryFolder();
    await mkdir(`${folder.path}/folder.yaml`);
    execFileSync('mkfifo', [`${folder.path}/pipe.yaml`]);
    await symlink('/dev/zero', `${folder.path}/device.yaml`);
    await symlink('loop.yaml', `${folder.path}/loop.yaml`);
    const saysOf = {
      'folder.yaml': 'folder.yaml: is a folder',
      'pipe.yaml': 'pipe.yaml: is not a file',
      'device.yaml': 'device.yaml: is not a file',
      'loop.yaml': 'loop.yaml: is a link to itself',
      'none.yaml': 'none.yaml: does not exist',
      'bell\u0007\u001b[2J.yaml': 'bell\\u0007\\u001b[2J.yaml: does not exist',
      '': '.: is a folder',
    };
    for (const [file, says] of Object.entries(saysOf)) {
      expect(await refusedIn(folder.path, file)).toMatchObject({ problems: [says], remedy: REMEDY });
    }
  });

  test('one of 50 MB is not even read', async () => {
    await using folder = await temporaryFolder();
    await writeFile(`${folder.path}/big.yaml`, '');
    await truncate(`${folder.path}/big.yaml`, 50_000_000);
    const started = performance.now();
    expect((await refusedIn(folder.path, 'big.yaml')).problems).toEqual(['big.yaml: is larger than 256 KiB']);
    expect(performance.now() - started).toBeLessThan(MUCH_TOO_LONG_MS);
  });

  test.each([
    ['UTF-16', Buffer.from(`\ufeff${GOOD}`, 'utf16le'), 'is not text (it holds NUL bytes)'],
    ['Latin-1', Buffer.from(`# caf\xe9\n${GOOD}`, 'latin1'), 'is not UTF-8 text'],
    ['half a character', Buffer.concat([Buffer.from(GOOD), Buffer.from([0xe2, 0x82])]), 'is not UTF-8 text'],
    ['a NUL', `${GOOD}#\0`, 'is not text (it holds NUL bytes)'],
  ])('%s', async (_what, content, says) => {
    expect(await refusal('c.yaml', content)).toMatchObject({ problems: [`c.yaml: ${says}`], remedy: REMEDY });
  });

  test('a mark at its beginning and the line ends of another system change nothing', async () => {
    await using folder = await temporaryFolder();
    await writeFile(`${folder.path}/c.yaml`, `\ufeff${GOOD.replaceAll('\n', '\r\n')}`);
    expect((await loadConfig({ cwd: folder.path, file: 'c.yaml' })).config.services).toEqual(['api']);
  });
});

describe('a text that is meant to hurt', () => {
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  const laughs = Array.from({ length: 12 }, (_, level) => {
    const before = level === 0 ? 'ha' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(9).fill(before).join(', ')}]`;
  }).join('\n');
  test.each([
    ['laughs by the billion', laughs, /^c\.yaml:\d+:\d+ .*20000 values, aliases counted, are too many$/],
    ['lists in lists', nested('[', ']', 20_000), /nested deeper than 64 levels/],
    ['mappings in mappings', nested('{a: ', '}', 20_000), /nested deeper than 64 levels/],
    [
      'a prototype',
      '__proto__: { services: {} }\nservices: { api: { command: x } }',
      /__proto__ cannot be a key/,
    ],
    ['a prototype, quoted', '"__proto__": 1', /__proto__ cannot be a key/],
    ['a key twice', `${GOOD}services: {}`, /^c\.yaml:4:1 services: is given twice$/],
    ['a number beyond all', 'services: { api: { command: x, port: 1e309 } }', /services\.api\.port: /],
    [
      'a number that is none',
      'services: { api: { command: x, instances: .nan } }',
      /services\.api\.instances: /,
    ],
    [
      'a wait of ages',
      'services: { api: { command: x, stopTimeout: 999999999999d } }',
      /999999999999d is more than 1h/,
    ],
    [
      'a wait of many digits',
      `services: { api: { command: x, stopTimeout: ${'9'.repeat(400)}s } }`,
      /is not a duration/,
    ],
    ['a NUL in a command', 'services: { api: { command: "a\\0b" } }', /holds a NUL character/],
    ['an escape in a name', 'services: { "a\\e[2Jb": { command: x } }', /cannot be the name of a service/],
    [
      'a name that leads elsewhere',
      'services: { "../../etc": { command: x } }',
      /cannot be the name of a service/,
    ],
  ])('%s', async (_what, text, says) => {
    const started = performance.now();
    const { problems, message } = await refusal('c.yaml', text);
    expect(problems.some((problem) => says.test(problem))).toBe(true);
    for (const problem of problems) expect(problem).toMatch(/^c\.yaml:\d+:\d+/);
    expect(message).not.toMatch(/[^\P{Cc}\n]/u);
    expect(message.length).toBeLessThan(2_000);
    expect(performance.now() - started).toBeLessThan(MUCH_TOO_LONG_MS);
  });

  test('words of the language are services like any other', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const text = names.map((name, at) => `  ${name}: { command: x, port: ${8_000 + at} }`).join('\n');
    expect(validate(readYaml(`services:\n${text}`, 'c.yaml').value).config?.services).toEqual(names);
  });
});

describe('names that come to one folder', () => {
  const problemsOf = (text: string) => validate(readYaml(text, 'c.yaml').value).problems;

  test('differ in case only', () => {
    const text =
      'services: { api: { command: x, port: 1 }, Api: { command: x, port: 2 } }\nenvironments: { a: {}, A: {} }';
    const message = (name: string) =>
      `differs from "${name}" only in upper and lower case, which many disks do not tell apart`;
    expect(problemsOf(text)).toEqual([
      { path: ['services', 'Api'], message: message('api'), at: 'key' },
      { path: ['environments', 'A'], message: message('a'), at: 'key' },
    ]);
  });

  test.each(['journal.db', 'Journal.DB', 'journal.db-wal', 'config.json'])(
    'are those of files of Sluice: %s',
    (name) => {
      const [problem] = problemsOf(`services: { api: { command: x } }\nenvironments: { ${name}: {} }`);
      expect(problem?.message).toBe('is the name of a file of Sluice; choose another one');
    },
  );
});

describe('a module that throws, or exports, whatever it likes', () => {
  test.each([
    [
      'an object that is no error',
      'throw Object.create(null);',
      'something was thrown that cannot be put into words',
    ],
    [
      'an error whose message is a number',
      'throw Object.assign(new Error("x"), { message: 7, stack: 7 });',
      '7',
    ],
    [
      'an error whose message throws',
      'throw Object.defineProperty(new Error("x"), "message", { get() { throw 1 } });',
      'cannot be put into words',
    ],
    ['nothing', 'throw undefined;', 'undefined'],
    ['escapes', 'throw new Error("\\u001b[2J\\u0007");', '\\u001b[2J\\u0007'],
    ['a map', 'export default new Map();', 'services: is missing'],
    ['a getter that throws', 'export default { get services() { throw new Error("no"); } };', 'no'],
    [
      'itself',
      'const a = {}; a.a = a; export default a;',
      'nested deeper than 64 levels, or contains itself',
    ],
    [
      'what multiplies',
      'let a = [1]; for (let i = 0; i < 50; i++) a = [a, a]; export default a;',
      'more than 20000 values',
    ],
    [
      'an endless list',
      'export default { services: new Array(4294967295) };',
      'a list of more than 20000 entries',
    ],
    ['a prototype', 'export default JSON.parse(\'{"__proto__": {}}\');', '__proto__ cannot be a key'],
    [
      'numbers of another kind',
      'export default { services: { api: { command: "x", port: 80n } } };',
      'services.api.port: ',
    ],
    ['a symbol', 'export default Symbol("x");', 'must be a mapping, not Symbol(x)'],
  ])('%s', async (_what, source, says) => {
    const { problems } = await refusal('c.mjs', source);
    expect(problems[0]).toMatch(/^c\.mjs/);
    expect(problems[0]).toContain(says);
    expect(problems.join('\n')).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

test('more problems than anybody reads', async () => {
  const { problems } = await refusal(
    'c.yaml',
    Array.from({ length: 5_000 }, (_, at) => `k${at}: 1`).join('\n'),
  );
  expect([problems.length, problems.at(-1)]).toEqual([101, 'c.yaml: and 4901 more problems']);
});

test('any data at all, as JSON, YAML or from a module: a config or problems, and never another exception', () => {
  const key = fc.oneof(
    fc.constantFrom('services', 'environments', 'constructor', 'strategy', 'env', 'checks', 'hooks'),
    fc.string(),
  );
  const huge = fc.constantFrom<unknown>(
    1e308,
    -0,
    Number.NaN,
    Infinity,
    2 ** 53,
    10n,
    Symbol('x'),
    () => 1,
    new Date(0),
    new Map(),
    '9'.repeat(300),
  );
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      { maxDepth: 5 },
      huge,
      fc.anything(),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(key, tie('data'), { maxKeys: 4, noNullPrototype: false }),
    ),
  }));
  fc.assert(
    fc.property(data, (value) => {
      const { config, problems } = validate(value);
      expect(config === null).toBe(problems.length > 0);
      for (const { message } of problems) expect(message).toMatch(/\S/);
    }),
    { numRuns: 400 },
  );
});
