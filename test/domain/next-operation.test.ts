import { describe, expect, test } from 'vitest';
import { nextOperation } from '../../src/domain/next-operation.ts';
import type { Capabilities } from '../../src/domain/plan.ts';
import type { InstancePhase, TargetState } from '../../src/domain/state.ts';
import type { Direction, Step, UpdateMode } from '../../src/domain/step.ts';
import { CAN, OLD } from './plans.ts';

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

function target(parts: Partial<TargetState>): TargetState {
  return { staged: true, new: 'none', old: 'none', failure: null, pruned: false, ...parts };
}

interface Case {
  readonly can?: Partial<Capabilities>;
  readonly leaving?: true;
  readonly from?: null;
}

/** The next operation in words, `-` for none. */
function next(step: Step, state: Partial<TargetState>, { can, leaving, from }: Case = {}): string {
  const had = { from: from === null ? null : OLD.id, ...(leaving ? { leaving } : {}) };
  const found = nextOperation(step, target(state), had, { ...CAN, ...can });
  return found === null ? '-' : `${found.operation} ${found.side}`;
}

function update(mode: UpdateMode, direction: Direction = 'forward'): Step {
  return { kind: 'update', targets: ['t1'], mode, direction };
}

function byPhase(of: (phase: InstancePhase) => string): Record<string, string> {
  return Object.fromEntries(PHASES.map((phase) => [phase, of(phase)]));
}

/** What brings a side up, by how far it is. */
const UP = {
  none: 'activate',
  attempted: 'activate',
  started: 'probe',
  healthy: 'admit',
  serving: null,
  failing: 'activate',
  draining: 'activate',
  drained: 'activate',
} as const;

/** What takes a side down where there is a router, by how far it is. */
const DOWN = {
  none: null,
  attempted: 'stop',
  started: 'drain',
  healthy: 'drain',
  serving: 'drain',
  failing: 'drain',
  draining: 'drain',
  drained: 'stop',
} as const;

/** `first`, else `second`, on its side. */
function either(...steps: readonly (readonly [string | null, string])[]): string {
  for (const [operation, side] of steps) if (operation !== null) return `${operation} ${side}`;
  return '-';
}

describe('stage', () => {
  test('once a target', () => {
    expect(next({ kind: 'stage' }, { staged: false })).toBe('stage new');
    expect(next({ kind: 'stage' }, { staged: true })).toBe('-');
  });
});

describe.each([
  ['forward', 'new', 'old'],
  ['back', 'old', 'new'],
] as const)('update %s', (direction, to, away) => {
  test('beside: brings the one up, whatever the other is', () => {
    for (const other of PHASES) {
      const found = byPhase((phase) => next(update('beside', direction), { [to]: phase, [away]: other }));
      expect(found).toEqual(byPhase((phase) => either([UP[phase], to])));
    }
  });

  test('surge: takes the other down only once the one serves', () => {
    for (const other of PHASES) {
      const found = byPhase((phase) => next(update('surge', direction), { [to]: phase, [away]: other }));
      expect(found).toEqual(byPhase((phase) => either([UP[phase], to], [DOWN[other], away])));
    }
  });

  test('in-place: takes the other down first', () => {
    for (const other of PHASES) {
      const found = byPhase((phase) => next(update('in-place', direction), { [to]: phase, [away]: other }));
      expect(found).toEqual(byPhase((phase) => either([DOWN[other], away], [UP[phase], to])));
    }
  });

  test('in-place where only one can run: the other is drained, and replaced as the one starts', () => {
    const can = { beside: false };
    for (const other of PHASES) {
      const found = byPhase((phase) =>
        next(update('in-place', direction), { [to]: phase, [away]: other }, { can }),
      );
      const drain = DOWN[other] === 'drain' ? 'drain' : null;
      expect(found).toEqual(byPhase((phase) => either([drain, away], [UP[phase], to])));
    }
  });

  test('in-place where only one can run and there is no router: it is simply replaced', () => {
    const can = { beside: false, routed: false };
    for (const other of PHASES) {
      const found = byPhase((phase) =>
        next(update('in-place', direction), { [to]: phase, [away]: other }, { can }),
      );
      expect(found).toEqual(byPhase((phase) => either([UP[phase], to])));
    }
  });
});

test('without a router what has traffic is stopped at once', () => {
  const found = byPhase((old) => next(update('surge'), { new: 'serving', old }, { can: { routed: false } }));
  expect(found).toEqual({ ...byPhase(() => 'stop old'), none: '-' });
});

describe('retire old', () => {
  const retire: Step = { kind: 'retire', side: 'old' };

  test('takes the old down where the new serves, and prunes then', () => {
    const found = byPhase((old) => next(retire, { new: 'serving', old }));
    expect(found).toEqual(byPhase((old) => either([DOWN[old], 'old'], ['prune', 'old'])));
    expect(next(retire, { new: 'serving', pruned: true })).toBe('-');
  });

  test('leaves it where the new does not serve', () => {
    for (const side of PHASES.filter((phase) => phase !== 'serving')) {
      expect(byPhase((old) => next(retire, { new: side, old }))).toEqual(byPhase(() => '-'));
    }
  });

  test('where the rollout has failed and the old serves, what is left of the new goes', () => {
    const failure = { kind: 'failure', message: 'it never became healthy' } as const;
    const found = byPhase((side) => next(retire, { new: side, old: 'serving', failure }));
    expect(found).toEqual({ ...byPhase((side) => either([DOWN[side], 'new'])), serving: 'drain old' });
    expect(next(retire, { new: 'started', old: 'drained', failure })).toBe('-');
  });

  test('takes the old of a leaving target down whatever the new is', () => {
    for (const side of PHASES) {
      const found = byPhase((old) => next(retire, { new: side, old }, { leaving: true }));
      expect(found).toEqual(byPhase((old) => either([DOWN[old], 'old'], ['prune', 'old'])));
    }
  });

  test('prunes where something is staged, or something may have been left beside', () => {
    const done = { new: 'serving', old: 'none' } as const;
    expect(next(retire, done, { can: { staged: false } })).toBe('prune old');
    expect(next(retire, done, { can: { beside: false } })).toBe('prune old');
    expect(next(retire, done, { can: { beside: false, staged: false } })).toBe('-');
  });
});

describe('retire new', () => {
  const retire: Step = { kind: 'retire', side: 'new' };

  test('takes the new down where the old serves, or there never was one', () => {
    for (const [old, from] of [
      ['serving', {}],
      ['none', { from: null }],
    ] as const) {
      const found = byPhase((side) => next(retire, { new: side, old }, from));
      expect(found).toEqual(byPhase((side) => either([DOWN[side], 'new'], ['prune', 'new'])));
    }
  });

  test('its copies go with it, where there are any', () => {
    const down = { old: 'serving', new: 'none' } as const;
    expect(next(retire, down)).toBe('prune new');
    expect(next(retire, { ...down, staged: false })).toBe('prune new');
    expect(next(retire, { ...down, pruned: true })).toBe('-');
    expect(next(retire, down, { leaving: true })).toBe('-');
    expect(next(retire, down, { can: { staged: false } })).toBe('-');
  });

  test('never the only copy that serves, or may have been let in or left in', () => {
    for (const old of PHASES.filter((phase) => phase !== 'serving')) {
      const found = byPhase((side) => next(retire, { new: side, old }));
      expect(found).toEqual({
        ...byPhase((side) => either([DOWN[side], 'new'], ['prune', 'new'])),
        healthy: '-',
        serving: '-',
        draining: '-',
      });
    }
  });
});

test('steps on the whole fleet do nothing on a target', () => {
  const steps: Step[] = [
    { kind: 'shift', percent: 50 },
    { kind: 'bake', durationMs: 1 },
    { kind: 'gate', name: 'go?', deadlineMs: 1 },
    { kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 1 },
    { kind: 'verify' },
  ];
  for (const step of steps) expect(next(step, { staged: false })).toBe('-');
});
