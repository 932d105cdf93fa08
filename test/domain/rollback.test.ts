/** What a rollback does, from every point at which one can begin. */
import { describe, expect, test } from 'vitest';
import type { PlannedTarget } from '../../src/domain/plan.ts';
import { rollbackSteps } from '../../src/domain/rollback.ts';
import type { Step } from '../../src/domain/step.ts';
import { NEW, OLD, type PlanParts, testPlan, updateOf } from './plans.ts';
import { failure, Walk } from './walk.ts';

/** The steps in words. */
function words(steps: readonly Step[]): string[] {
  return steps.map((step) => {
    switch (step.kind) {
      case 'update':
        return `update ${step.direction} ${step.mode} ${step.targets.join('+')}`;
      case 'shift':
        return `shift ${step.percent}`;
      case 'retire':
        return `retire ${step.side}`;
      default:
        return step.kind;
    }
  });
}

/** What a rollback would do at each point of a rollout: where it changes, with what was under way there. */
function along(parts: PlanParts): string[] {
  const walk = new Walk(testPlan({ ...parts, policy: { concurrency: 1, ...parts.policy } }));
  const seen: string[] = [];
  walk.until((it) => {
    if (it.state.phase === 'ended') return true;
    const [doing = it.state.steps[it.state.position]?.kind] = it.underWay;
    const line = words(rollbackSteps(it.state)).join(', ') || 'nothing';
    if (!seen.at(-1)?.endsWith(` -> ${line}`)) seen.push(`${doing} -> ${line}`);
    return false;
  });
  return seen;
}

describe('along a rollout', () => {
  test('surge: the old is brought back beside what serves, before that goes', () => {
    expect(along({ targets: 2 })).toEqual([
      'activate new t1 -> retire new',
      'drain old t1 -> update back surge t1',
      'activate new t2 -> update back surge t1, retire new',
      'drain old t2 -> update back surge t1+t2',
    ]);
  });

  test('in place: as many at once as went forward', () => {
    const steps = [updateOf(2, 'in-place')];
    expect(along({ targets: 2, steps })).toEqual([
      'drain old t1 -> update back in-place t1',
      // What does not serve is nothing to protect, and comes first.
      'drain old t2 -> update back in-place t2, update back in-place t1',
      // An admit that is cut short, or fails, may have let it in: from then on it is protected too.
      'admit new t2 -> update back in-place t1+t2',
    ]);
  });

  test('beside: going back is a shift, as long as the old is there', () => {
    const steps: Step[] = [
      { kind: 'shift', percent: 0 },
      updateOf(1, 'beside'),
      { kind: 'shift', percent: 100 },
      { kind: 'retire', side: 'old' },
    ];
    expect(along({ targets: 1, steps })).toEqual([
      'shift -> nothing',
      'activate new t1 -> retire new',
      // A shift that was cut short may have been done.
      'shift -> shift 0, retire new',
      'drain old t1 -> update back beside t1, shift 0, retire new',
    ]);
  });

  test('where only one can run, and nothing divides the traffic', () => {
    const can = { beside: false, routed: false, probed: false, staged: false, checked: false };
    expect(along({ targets: 2, steps: [updateOf(2, 'in-place')], can })).toEqual([
      'activate new t1 -> update back in-place t1',
      'activate new t2 -> update back in-place t2, update back in-place t1',
    ]);
  });
});

describe('a shift back that is refused, as the old is gone', () => {
  const steps: Step[] = [
    { kind: 'shift', percent: 0 },
    updateOf(2, 'beside'),
    { kind: 'shift', percent: 50 },
    { kind: 'bake', durationMs: 60_000 },
  ];
  const gone = failure('only 1 of 2 targets are healthy on what ran before');

  /** An abort during the bake, and the first shift back is refused. */
  function refused(): Walk {
    const walk = new Walk(testPlan({ targets: 2, steps })).untilIn('bake').ends();
    walk.signal('abort');
    expect(words(walk.state.steps)).toEqual(['shift 0', 'retire new']);
    return walk.ends(gone);
  }

  test('what is gone is looked for and started first; the abort is still the reason', () => {
    const walk = refused();
    expect(words(walk.state.steps)).toEqual(['update back beside t1+t2', 'shift 0', 'retire new']);
    expect(walk.underWay).toEqual(['observe']);
    walk.ends({ seen: [{ target: 1, old: false, new: true }] });
    expect(walk.underWay).toEqual(['activate old t2']);
    const { outcome, cause } = walk.untilEnded().state;
    expect([outcome, cause]).toEqual(['aborted', { kind: 'abort', message: 'aborted by ann' }]);
  });

  test('that is tried once: refused again, it has failed', () => {
    const walk = refused().untilUnderWay('shift').ends(gone);
    expect([walk.state.outcome, walk.state.cause?.message]).toEqual(['failed', gone.error]);
  });

  test('where nothing of the old serves, what was failing is given another chance', () => {
    const walk = new Walk(testPlan({ targets: 2, steps }), [0, 1]).untilIn('bake').ends();
    walk.signal('abort');
    walk.ends(gone);
    expect(words(walk.state.steps)).toEqual(['update back beside t1+t2', 'shift 0', 'retire new']);
  });
});

describe('what it leaves alone', () => {
  test('a first deployment has nothing to go back to: the new goes', () => {
    const targets: PlannedTarget[] = [{ id: 't1', from: null }];
    const walk = new Walk(testPlan({ targets })).untilUnderWay('probe new t1').ends(failure());
    expect(words(walk.state.steps)).toEqual(['retire new']);
    expect(walk.untilEnded().phases('t1')).toBe('none/none');
  });

  test('an old that was failing before, and still runs, is not waited for', () => {
    const walk = new Walk(testPlan({ targets: 1, policy: { minAvailable: 1 } }), [0]).untilUnderWay(
      'probe new t1',
    );
    walk.ends(failure());
    expect(words(walk.state.steps)).toEqual(['retire new']);
    walk.untilEnded();
    expect([walk.state.outcome, walk.phases('t1')]).toEqual(['rolled-back', 'none/failing']);
  });

  test('a target that ran the release before keeps it, whatever it is', () => {
    const targets: PlannedTarget[] = [
      { id: 't1', from: NEW.id },
      { id: 't2', from: OLD.id },
    ];
    const steps: Step[] = [{ kind: 'update', targets: ['t2'], mode: 'surge', direction: 'forward' }];
    for (const unhealthy of [[], [0]]) {
      const walk = new Walk(testPlan({ targets, steps, policy: { minAvailable: 1 } }), unhealthy);
      walk.untilUnderWay('probe new t2').ends(failure()).untilEnded();
      expect(walk.state.outcome).toBe('rolled-back');
      expect(walk.phases('t1')).toBe(unhealthy.length === 0 ? 'serving/none' : 'attempted/none');
      expect(walk.startedWords.filter((line) => line.endsWith('t1'))).toEqual([]);
    }
  });

  test('and the share of the traffic that it had', () => {
    const targets: PlannedTarget[] = [
      { id: 't1', from: NEW.id },
      { id: 't2', from: OLD.id },
    ];
    const steps: Step[] = [
      { kind: 'shift', percent: 50 },
      { kind: 'update', targets: ['t2'], mode: 'beside', direction: 'forward' },
      { kind: 'shift', percent: 100 },
      { kind: 'gate', name: 'go?', deadlineMs: 1_000 },
    ];
    const walk = new Walk(testPlan({ targets, steps })).untilIn('gate');
    walk.signal('reject');
    expect(words(walk.state.steps)).toEqual(['shift 50', 'retire new']);
    expect(walk.untilEnded().state.split).toBe(50);
  });
});

describe('after a crash, when the first thing is to go back', () => {
  test.each([
    ['stop old t1', 'surge', { beside: true }],
    ['activate new t1', 'in-place', { beside: false }],
    ['drain old t1', 'in-place', { beside: false }],
  ] as const)('%s: whether it was done is not known, so the old is started again', (doing, mode, can) => {
    const walk = new Walk(testPlan({ targets: 1, steps: [updateOf(1, mode)], can })).untilUnderWay(doing);
    const plan = walk.state.plan;
    // The new controller finds the abort before it does anything.
    const found = new Walk(plan, null);
    found.state = walk.state;
    found.happens(
      { type: 'controller-changed', at: walk.now, controller: 'bob', epoch: 2 },
      { type: 'signal-received', at: walk.now, id: 1, signal: { signal: 'abort', by: 'ann' } },
    );
    expect(found.underWay).toEqual(['activate old t1']);
    expect(found.untilEnded().state.outcome).toBe('aborted');
    expect(found.phases('t1')).toBe('none/serving');
  });
});

test('a hook that fails after the rollback is told, and does not take the place of the cause', () => {
  const hook = { kind: 'hook', name: 'page', command: ['true'], timeoutMs: 1_000 } as const;
  const walk = new Walk(testPlan({ targets: 1, hooksOnFailure: [hook] })).untilUnderWay('probe new t1');
  walk.ends(failure('never healthy')).untilUnderWay('hook').ends(failure('no mail'));
  expect(walk.state).toMatchObject({ outcome: 'rolled-back', cause: { message: 'never healthy' } });
  expect(walk.events.at(-2)).toMatchObject({ type: 'step-finished', note: 'no mail' });
});
