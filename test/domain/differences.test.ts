import { expect, test } from 'vitest';
import { differences, fileDifferences } from '../../src/domain/differences.ts';

test('values are told flat, in the order of their paths', () => {
  const from = {
    name: 'canary',
    env: { A: '1', B: '2' },
    stages: [{ percent: 9 }, { percent: 50, gate: 'ok?' }],
    command: ['node', 'a.js'],
    ignore: [],
  };
  const to = {
    name: 'canary',
    env: { A: '1', C: '3' },
    stages: [{ percent: 10 }],
    command: ['node', 'b.js'],
    ignore: [],
  };
  expect(differences(from, to)).toEqual([
    { path: 'command', from: ['node', 'a.js'], to: ['node', 'b.js'] },
    { path: 'env.B', from: '2', to: null },
    { path: 'env.C', from: null, to: '3' },
    { path: 'stages[0].percent', from: 9, to: 10 },
    { path: 'stages[1].gate', from: 'ok?', to: null },
    { path: 'stages[1].percent', from: 50, to: null },
  ]);
  expect(differences(from, structuredClone(from))).toEqual([]);
});

test('the tenth comes after the ninth', () => {
  const to = Array.from({ length: 11 }, (_, percent) => ({ percent }));
  expect(
    differences([], to)
      .map(({ path }) => path)
      .slice(-2),
  ).toEqual(['[9].percent', '[10].percent']);
});

test('files that came, went and were changed', () => {
  const from = new Map([
    ['b', '1'],
    ['a', '1'],
    ['same', '1'],
  ]);
  const to = new Map([
    ['c', '1'],
    ['a', '2'],
    ['same', '1'],
  ]);
  expect(fileDifferences(from, to)).toEqual({ added: ['c'], changed: ['a'], removed: ['b'] });
});
