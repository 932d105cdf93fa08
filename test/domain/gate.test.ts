/** Gates that take several people, or particular ones, and until when. */
import { describe, expect, test } from 'vitest';
import { gateOf } from '../../src/domain/gate.ts';
import { previewPlan } from '../../src/domain/preview.ts';
import type { GateStep, Step } from '../../src/domain/step.ts';
import { testPlan } from './plans.ts';
import { Walk } from './walk.ts';

const BAKE: Step = { kind: 'bake', durationMs: 1_000 };

function at(gate: Partial<GateStep>, ...after: Step[]): Walk {
  const step: GateStep = { kind: 'gate', name: 'go?', deadlineMs: 1_000, ...gate };
  return new Walk(testPlan({ steps: [step, ...after] }));
}

describe('two of three', () => {
  const gate = { approvals: 2, approvers: ['ann', 'bob@desk', 'carl'] };

  test('opens with the second person, and each counts once', () => {
    const walk = at(gate);
    expect(walk.signal('approve', { by: 'ann@laptop' })).toBeNull();
    expect(gateOf(walk.state)).toEqual({
      question: 'go?',
      needed: 2,
      approvals: [{ by: 'ann@laptop' }],
      approvers: gate.approvers,
      deadline: 2_000,
    });
    expect(walk.signal('approve', { by: 'ann@desk' })).toBe('already approved by ann@laptop; 1 of 2');
    expect(walk.signal('approve', { by: 'ann (as deploy@host)' })).toBe(
      'already approved by ann@laptop; 1 of 2',
    );
    const notTheirs = (by: string) => `"go?" is for ann, bob@desk, carl to answer, not for ${by}`;
    for (const signal of ['approve', 'reject', 'promote'] as const) {
      expect(walk.signal(signal, { by: 'bob@laptop' })).toBe(notTheirs('bob@laptop'));
    }
    expect(walk.signal('promote', { by: 'dora@desk', full: true })).toBe(notTheirs('dora@desk'));
    expect(walk.signal('approve', { by: 'bob@desk' })).toBeNull();
    expect(walk.state.outcome).toBe('completed');
    expect(walk.events.at(-2)).toMatchObject({ note: 'approved by ann@laptop and bob@desk' });
  });

  test('one no of one of them turns it back, also after a yes', () => {
    const walk = at(gate);
    walk.signal('approve', { by: 'ann@laptop' });
    expect(walk.signal('reject', { by: 'carl@desk', reason: 'errors doubled' })).toBeNull();
    expect(walk.state).toMatchObject({
      direction: 'back',
      cause: { kind: 'rejected', message: '"go?" rejected by carl@desk: errors doubled' },
    });
  });

  test('what is missing at the deadline is told', () => {
    const walk = at(gate);
    walk.signal('approve', { by: 'ann@laptop' });
    walk.passes(1_000);
    expect(walk.state.cause).toEqual({
      kind: 'deadline',
      message: 'only 1 of 2 approved "go?" within 1000 ms',
    });
  });

  test('a crash of the controller forgets no yes', () => {
    const walk = at(gate);
    walk.signal('approve', { by: 'ann@laptop' });
    walk.crash();
    walk.signal('approve', { by: 'carl@laptop' });
    expect(walk.state.outcome).toBe('completed');
  });
});

describe('promote', () => {
  test('is the yes of one person, and no more', () => {
    const walk = at({ approvals: 2 });
    expect(walk.signal('promote', { by: 'ann' })).toBeNull();
    expect(walk.signal('promote', { by: 'ann' })).toBe('already approved by ann; 1 of 2');
    expect(walk.state.phase).toBe('running');
    walk.signal('approve', { by: 'bob' });
    expect(walk.events.at(-2)).toMatchObject({ note: 'approved by bob, promoted by ann' });
  });

  test('fully is a yes at each gate to come, only where they may answer', () => {
    const theirs: Step = { kind: 'gate', name: 'ops?', deadlineMs: 1_000, approvers: ['olga'] };
    const anybody: Step = { kind: 'gate', name: 'more?', deadlineMs: 1_000 };
    const walk = at({ approvals: 2 }, anybody, theirs, BAKE);
    walk.signal('promote', { by: 'ann', full: true });
    // To promote all once more is no second person.
    expect(walk.signal('promote', { by: 'ann', full: true })).toBeNull();
    expect(gateOf(walk.state)?.approvals).toEqual([{ by: 'ann', promoted: true }]);
    walk.signal('approve', { by: 'bob' });
    expect(gateOf(walk.state)).toMatchObject({ question: 'ops?', approvals: [] });
    walk.signal('approve', { by: 'olga' });
    expect(walk.ends().state.outcome).toBe('completed');
  });
});

describe('its deadline', () => {
  test('stands still in a pause, as often as it is paused', () => {
    const walk = at({ approvals: 2 });
    for (let round = 0; round < 5; round++) {
      walk.passes(100).signal('pause');
      expect(gateOf(walk.state)?.deadline).toBeNull();
      walk.passes(10_000).signal('resume');
    }
    expect(gateOf(walk.state)?.deadline).toBe(1_000 + 5 * 10_000 + 1_000);
    walk.passes(499);
    expect(walk.state.direction).toBe('forward');
    walk.passes(1);
    expect(walk.state.direction).toBe('back');
  });

  test('a yes in the pause counts, and does not end it', () => {
    const walk = at({ approvals: 2 });
    walk.signal('pause');
    walk.signal('approve', { by: 'ann' });
    walk.passes(10_000).signal('approve', { by: 'bob' });
    expect(walk.state.paused).not.toBeNull();
    walk.signal('resume');
    expect(walk.state.outcome).toBe('completed');
  });
});

describe('time at a gate or in a pause', () => {
  test('counts neither for the bake after it nor for the wait for capacity', () => {
    const walk = at({ deadlineMs: 60_000 }, BAKE);
    walk.passes(50_000).signal('approve');
    const begun = walk.now;
    walk.passes(300).signal('pause');
    if (walk.underWay.length > 0) walk.ends();
    walk.passes(40_000).signal('resume');
    walk.untilEnded();
    expect(walk.now).toBe(begun + 40_000 + 1_000);
  });

  test('counts not against the tries of an operation: it is due when it is resumed, with the same number', () => {
    const walk = new Walk(testPlan({ targets: 1, policy: { backoffMs: 1_000, maxAttempts: 3 } }));
    walk.ends({ ok: false, error: 'busy' });
    walk.signal('pause');
    walk.passes(60_000);
    expect(walk.underWay).toEqual([]);
    walk.signal('resume');
    expect(walk.started.at(-1)).toMatchObject({ operation: 'activate', attempt: 2 });
    expect(walk.state.failures).toBe(0);
  });

  test('what is under way when it is paused has its own time, and what ends late has not failed for that', () => {
    const walk = new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1');
    walk.signal('pause');
    walk.passes(30_000).ends();
    walk.passes(600_000).signal('resume');
    expect(walk.underWay).toEqual(['admit new t1']);
    expect(walk.untilEnded().state.outcome).toBe('completed');
  });
});

test('a preview passes gates of any kind', () => {
  const steps: Step[] = [
    { kind: 'gate', name: 'go?', deadlineMs: 1, approvals: 3 },
    { kind: 'gate', name: 'go?', deadlineMs: 1, approvals: 2, approvers: ['ann@laptop', 'bob'] },
  ];
  expect(previewPlan(testPlan({ steps }))).toMatchObject({
    blocked: null,
    steps: [{ step: steps[0] }, { step: steps[1] }],
  });
});

describe('a plan', () => {
  test.each([
    [{ approvals: 0 }, 'approvals 0 is not 1 or more'],
    [{ approvals: 1.5 }, 'approvals 1.5 is not 1 or more'],
    [{ approvers: [] }, 'approvers is empty: nobody may approve'],
    [
      { approvals: 2, approvers: ['ann', 'ann@laptop'] },
      '2 approvals, and only 1 who may approve (ann, ann@laptop)',
    ],
  ])('with %j is refused', (gate, why) => {
    expect(() => at(gate)).toThrow(`steps[0] (gate): ${why}`);
  });

  test('has another digest when another number of people is needed, or others', () => {
    const digests = [{}, { approvals: 2 }, { approvers: ['ann'] }].map((gate) => at(gate).state.plan.digest);
    expect(new Set(digests).size).toBe(3);
  });
});
