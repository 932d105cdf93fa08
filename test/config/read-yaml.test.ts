import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/config/read-yaml.ts';
import { ConfigError } from '../../src/errors.ts';
import { loadText, problemsIn } from './config-files.ts';

describe('syntax', () => {
  const cases: [string, string, ...string[]][] = [
    ['two pairs in a line', 'a: b: c', '1:4: a second ": " in one line; put the text in quotes: "a: b: c"'],
    ['a tab', 'services:\n\tapi: 1', '2:1: indented with a tab; use spaces: "api: 1"'],
    ['crooked', 'a:\n  b: 1\n c: 2', '3:1: indented differently from the lines beside it: "c: 2"'],
    ['no colon', 'services:\n  api\n  web: 1', '2:3: Implicit keys need to be on a single line: "api"'],
    ['no value', 'a: 1\nb', '2:1: a ":" is missing after the key: "b"'],
    ['a reserved character', 'a: @b', '1:4: Plain value cannot start with reserved character @: "a: @b"'],
    ['an unknown tag', 'a: !secret b', '1:4: Unresolved tag: !secret: "a: !secret b"'],
    ['two documents', 'a: 1\n---\nb: 1', '2:1: a second document begins here; keep only one: "---"'],
    ['a bracket too many', 'a: [1]]', '1:7: Unexpected flow-seq-end token in YAML stream: "]": "a: [1]]"'],
  ];
  test.each(cases)('%s', async (_, text, ...problems) => {
    expect(await problemsIn(text)).toEqual(problems.map((problem) => `sluice.config.yaml:${problem}`));
  });

  test('of a file that was written only half', async () => {
    const end = 'sluice.config.yaml:3:20: the file ends too early: a closing';
    const text = (rest: string) => `services:\n  api:\n    command: ${rest}\n\n`;
    expect(await problemsIn(text('["node'))).toEqual([`${end} " is missing: "command: [\\"node"`]);
    expect(await problemsIn(text('[ node'))).toEqual([`${end} ] is missing: "command: [ node"`]);
    expect(await problemsIn(text("'node "))).toEqual([
      `sluice.config.yaml:3:19: the file ends too early: a closing ' is missing: "command: 'node"`,
    ]);
    expect(await problemsIn('services:\n  api:\n    comm')).toEqual([
      'sluice.config.yaml:3:5 services.api: must be a mapping, not "comm"',
    ]);
    expect(await problemsIn('{"services": {"api": {"command": "node', 'sluice.config.json')).toEqual([
      'sluice.config.json:1:39: the file ends too early: a closing " is missing: "{\\"services\\": {\\"api\\": {\\"command\\": \\"node"',
    ]);
  });

  test('tells the first few of many faults', async () => {
    const problems = await problemsIn('a: @b\n'.repeat(100));
    expect(problems.length).toBe(5);
  });

  test('a long line is cut', async () => {
    const [problem = ''] = await problemsIn(`a: b: ${'c'.repeat(100_000)}`);
    expect(problem.length).toBeLessThan(200);
  });
});

describe('what is not a config', () => {
  test('is said to be what it is', async () => {
    expect(await problemsIn(Buffer.from([0xff, 0xfe, 0x41]))).toEqual([
      'sluice.config.yaml: is not UTF-8 text',
    ]);
    expect(await problemsIn(Buffer.from('services:\0'))).toEqual([
      'sluice.config.yaml: is not text (it holds NUL bytes)',
    ]);
    expect(await problemsIn(Buffer.alloc(256 * 1024 + 1, 32))).toEqual([
      'sluice.config.yaml: is larger than 256 KiB',
    ]);
  });

  test.each(['[', '{a: ', '- ', '? ', '{"a":', '- - ['])('nesting without end: %s', async (piece) => {
    const [problem] = await problemsIn(piece.repeat(5_000));
    expect(problem).toMatch(/^sluice\.config\.yaml:1:1: nested deeper than 64 levels: /);
  });

  test('aliases that multiply', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1},`.repeat(10)}]`);
    const problems = await problemsIn(lines.join('\n'));
    expect(
      problems.filter((problem) => problem.endsWith('20000 values, aliases counted, are too many')).length,
    ).toBeGreaterThan(0);
  });

  test('aliases that contain themselves, or come from nowhere', async () => {
    expect(await problemsIn('services: &s { a: { command: x }, b: *s }')).toContain(
      'sluice.config.yaml:1:35 services.b: *s contains itself',
    );
    expect(await problemsIn('services: { a: *b }')).toContain(
      'sluice.config.yaml:1:13 services.a: *b has no &b before it',
    );
  });
});

describe('what can be written in YAML', () => {
  const dataOf = (text: string) => readYaml(text, 'x').value;

  test('comments, a byte order mark, Windows line ends, JSON with tabs', async () => {
    const json = '{\n\t"services": {\n\t\t"api": {\n\t\t\t"command": "x"\n\t\t}\n\t}\n}';
    for (const text of [
      '# c\nservices: { api: { command: x } } # c\n',
      '\ufeffservices: {api: {command: x}}',
      'services:\r\n  api:\r\n    command: x\r\n',
    ]) {
      expect((await loadText(text)).config.services).toEqual(['api']);
    }
    expect((await loadText(json, 'sluice.config.json')).config.services).toEqual(['api']);
  });

  test('keys that look like numbers are the text that was written', () => {
    expect(dataOf('{ 1: a, 1.10: b, 0x1f: c, true: d }')).toEqual({
      '1': 'a',
      '1.10': 'b',
      '0x1f': 'c',
      true: 'd',
    });
  });

  test('anchors, also one given twice', () => {
    expect(dataOf('a: &x { k: &y 1 }\nb: &y 2\nc: *x\nd: *y')).toEqual({
      a: { k: 1 },
      b: 2,
      c: { k: 1 },
      d: 2,
    });
  });

  test('merge keys, overridden by what is written beside them', () => {
    expect(
      dataOf('a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { z: 3, <<: [*a, *b] }\nd: { <<: *a, y: 4 }'),
    ).toEqual({
      a: { x: 1, y: 1 },
      b: { y: 2, z: 2 },
      c: { x: 1, y: 1, z: 3 },
      d: { x: 1, y: 4 },
    });
    expect(dataOf('{ "<<": 1 }')).toEqual({ '<<': 1 });
  });

  test('mistakes in what was merged in are where they were written', async () => {
    const text = [
      'services:',
      '  a: &a',
      '    command: x',
      '    instances: 0',
      '  b:',
      '    <<: *a',
      '    port: 0',
    ].join('\n');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:4:16 services.a.instances: 0 is less than 1',
      'sluice.config.yaml:4:16 services.b.instances: 0 is less than 1',
      'sluice.config.yaml:7:11 services.b.port: 0 is less than 1',
    ]);
  });

  test('not keys given twice, merges of no mapping, or keys that are no text', async () => {
    expect(await problemsIn('services: { a: { command: x, port: 1, port: 2 } }')).toEqual([
      'sluice.config.yaml:1:39 services.a.port: is given twice',
    ]);
    expect(await problemsIn('services:\n  a: { command: x, <<: [1] }')).toEqual([
      'sluice.config.yaml:2:6 services.a: << takes a mapping',
    ]);
    expect(await problemsIn('services:\n  a: { command: x, [b]: 1, : 2 }')).toEqual([
      'sluice.config.yaml:2:6 services.a: a key must be text',
      'sluice.config.yaml:2:6 services.a: a key must be text',
    ]);
  });

  test('a problem with the syntax is a ConfigError with a remedy', () => {
    expect(() => readYaml('[', 'x')).toThrow(ConfigError);
    expect(() => readYaml('[', 'x')).toThrow('x:1:2: the file ends too early: a closing ] is missing: "["');
  });
});
