import { expect, test } from 'vitest';
import { observed, seenIll } from '../../src/domain/observed.ts';
import { type InstancePhase, initialState } from '../../src/domain/state.ts';
import { NEW, OLD, testPlan } from './plans.ts';

const PHASES: readonly InstancePhase[] = [
  'none',
  'attempted',
  'started',
  'healthy',
  'serving',
  'failing',
  'draining',
  'drained',
];

test('a look tells the serving from the failing, and what serves though its admit failed', () => {
  const after = (healthy: boolean) =>
    PHASES.map((phase) => [phase, observed(phase, healthy)]).filter(([phase, now]) => phase !== now);
  expect(after(false)).toEqual([['serving', 'failing']]);
  expect(after(true)).toEqual([
    ['healthy', 'serving'],
    ['failing', 'serving'],
  ]);
});

test('a shift that was refused tells where the new is ill, and nothing of where it is not', () => {
  const plan = testPlan({
    targets: [
      { id: 't1', from: NEW.id },
      { id: 't2', from: OLD.id },
      { id: 't3', from: NEW.id },
    ],
  });
  const state = initialState('api-1', plan, 'ann');
  const refused = { target: null, operation: 'shift', ok: false, tookMs: 0 } as const;
  const seen = [
    { target: 0, old: false, new: false },
    { target: 1, old: false, new: false },
    { target: 2, old: false, new: true },
  ];
  expect(seenIll(state, { ...refused, seen })).toEqual([0]);
  expect(seenIll(state, refused)).toBe(null);
});
