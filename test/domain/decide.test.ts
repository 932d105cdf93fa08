/** The table in the header of `decide`, row by row, and each kind of step. */
import { describe, expect, test } from 'vitest';
import type { Amount } from '../../src/domain/amount.ts';
import { decide } from '../../src/domain/decide.ts';
import { SIGNALS } from '../../src/domain/event.ts';
import { makePlan } from '../../src/domain/make-plan.ts';
import type { Step } from '../../src/domain/step.ts';
import { NEW, planDraft, testPlan, updateOf } from './plans.ts';
import { failure, Walk } from './walk.ts';

const GATE: Step = { kind: 'gate', name: 'go?', deadlineMs: 1_000 };
const HOOK = { kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 1_000 } as const;

describe('ended', () => {
  test('nothing happens any more', () => {
    const walk = new Walk(testPlan()).untilEnded();
    expect(decide(walk.state, walk.now + 1e12)).toEqual({ events: [] });
  });
});

describe('an operation that is overdue', () => {
  test('has failed, and is tried again, until it has been tried often enough', () => {
    const policy = { maxAttempts: 2, backoffMs: 50 };
    const walk = new Walk(testPlan({ targets: 1, policy })).untilUnderWay('activate new t1');
    // It has two more seconds to say what it saw.
    walk.passes(61_999);
    expect(walk.underWay).toEqual(['activate new t1']);
    walk.passes(1);
    expect(walk.underWay).toEqual([]);
    expect(walk.wakeAt).toBe(walk.now + 50);
    walk.passes(50);
    expect(walk.started.at(-1)).toMatchObject({ operation: 'activate', attempt: 2 });
    walk.passes(62_000);
    expect(walk.state.cause?.message).toBe('activate timed out after 60000 ms');
    expect(walk.state.direction).toBe('back');
  });

  test('its late answer changes nothing', () => {
    const walk = new Walk(testPlan({ targets: 1, policy: { maxAttempts: 2 } })).untilUnderWay(
      'activate new t1',
    );
    walk.passes(62_000);
    const before = walk.state;
    const outcomes = [{ target: 0, operation: 'activate', ok: true, tookMs: 1 }] as const;
    walk.happens({ type: 'operations-finished', at: walk.now, outcomes });
    expect({ ...walk.state, seq: 0 }).toEqual({ ...before, seq: 0 });
  });

  test('only the one that is overdue', () => {
    const walk = new Walk(testPlan({ policy: { concurrency: 1 } })).untilUnderWay('activate new t1');
    walk.ends().passes(30_000);
    expect(walk.wakeAt).toBe(walk.now - 30_000 + 62_000);
  });
});

describe('turning', () => {
  test('while busy, what is under way is cut short, and nothing new starts', () => {
    const walk = new Walk(testPlan()).untilUnderWay('activate new t1');
    walk.signal('abort');
    expect(walk.cancelled).toBe(true);
    expect(walk.state.turn?.into).toBe('rollback');
    expect(walk.underWay).toEqual(['activate new t1', 'activate new t2']);
    walk.ends(failure('cut short'), 't1');
    expect(walk.state.direction).toBe('forward');
    expect(walk.underWay).toEqual(['activate new t2']);
    walk.ends({}, 't2');
    expect(walk.state.direction).toBe('back');
  });

  test.each([
    ['rollback', 'rollback-started'],
    ['pause', 'paused'],
    ['stop', 'deployment-finished'],
  ] as const)('once settled: onFailure %s leads to %s', (onFailure, type) => {
    const walk = new Walk(testPlan({ targets: 1, policy: { onFailure } })).untilUnderWay('activate new t1');
    walk.ends(failure());
    const failed = walk.events.findIndex((event) => event.type === 'step-failed');
    expect(walk.events[failed + 1]?.type).toBe(type);
  });

  test('to stop is to fail, and to leave things as they are', () => {
    const walk = new Walk(testPlan({ policy: { onFailure: 'stop' } })).untilUnderWay('probe new t1');
    walk.ends(failure('never healthy'));
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'failed' });
    expect(walk.state.cause).toMatchObject({ message: 'never healthy', target: 't1' });
    expect(walk.phases('t1')).toBe('started/serving');
  });
});

describe('stopped', () => {
  const hooksOnFailure = [HOOK, { ...HOOK, name: 'page' }];

  test('the hooks for a failure are what is left, and then it has failed', () => {
    const walk = new Walk(testPlan({ policy: { onFailure: 'stop', maxAttempts: 1 }, hooksOnFailure }));
    walk.untilUnderWay('activate new t1').ends(failure('no'), 't1').ends();
    expect([walk.underWay, walk.state.stopped, walk.state.outcome]).toEqual([['hook'], true, null]);
    expect(walk.ends(failure('nobody to page')).underWay).toEqual(['hook']);
    walk.ends();
    expect([walk.state.outcome, walk.state.cause?.message, walk.state.direction]).toEqual([
      'failed',
      'no',
      'forward',
    ]);
  });

  test('no signal is taken any more', () => {
    const walk = new Walk(testPlan({ policy: { onFailure: 'stop', maxAttempts: 1 }, hooksOnFailure }));
    walk.untilUnderWay('activate new t1').ends(failure('no'), 't1').ends();
    for (const signal of SIGNALS) {
      expect(walk.signal(signal)).toBe('it has failed, and only its hooks are left');
      expect([walk.underWay, walk.state.turn, walk.state.paused]).toEqual([['hook'], null, null]);
    }
  });

  test('a crash in one runs it again, and the outcome is the same', () => {
    const walk = new Walk(testPlan({ policy: { onFailure: 'stop', maxAttempts: 1 }, hooksOnFailure }));
    walk.untilUnderWay('activate new t1').ends(failure('no'), 't1').ends();
    walk.crash();
    expect(walk.started.at(-1)).toMatchObject({ operation: 'hook', recover: true });
    expect(walk.untilEnded().state.outcome).toBe('failed');
  });
});

describe('paused', () => {
  test('nothing starts until somebody resumes it', () => {
    const walk = new Walk(testPlan({ policy: { concurrency: 1 } })).untilUnderWay('activate new t1');
    walk.signal('pause');
    walk.ends();
    expect(walk.underWay).toEqual([]);
    expect(walk.wakeAt).toBe(1_000 + 24 * 60 * 60 * 1_000);
    walk.passes(5_000);
    expect(walk.signal('resume')).toBeNull();
    expect(walk.underWay).toEqual(['probe new t1']);
  });

  test('at its deadline it turns back', () => {
    const walk = new Walk(testPlan({ policy: { pauseTimeoutMs: 500 } })).untilUnderWay('activate new t1');
    walk.signal('pause', { reason: 'lunch' });
    walk.ends().passes(500);
    expect(walk.state.direction).toBe('back');
    expect(walk.state.cause).toEqual({
      kind: 'deadline',
      message: 'nobody resumed it within 500 ms (paused by ann: lunch)',
    });
    expect(walk.untilEnded().state.outcome).toBe('rolled-back');
  });

  test('does not count against the deadline of a gate, nor against a bake', () => {
    const steps: Step[] = [GATE, { kind: 'bake', durationMs: 1_000 }];
    const walk = new Walk(testPlan({ steps, can: { checked: false } }));
    walk.passes(900).signal('pause');
    walk.passes(60_000).signal('resume');
    expect(walk.wakeAt).toBe(walk.now + 100);
    walk.signal('approve');
    walk.passes(400).signal('pause');
    walk.passes(60_000).signal('resume');
    expect(walk.wakeAt).toBe(walk.now + 600);
    walk.passes(600);
    expect(walk.state.outcome).toBe('completed');
  });

  test('does not count against the wait for capacity', () => {
    const walk = new Walk(testPlan({ ...inPlace(1), policy: { minAvailable: 1, capacityTimeoutMs: 1_000 } }));
    walk.ends().passes(900).signal('pause');
    walk.passes(10_000).signal('resume');
    walk.ends().passes(99);
    expect(walk.state.direction).toBe('forward');
    walk.passes(1);
    expect(walk.state.direction).toBe('back');
  });
});

describe('between two steps', () => {
  test('the next one starts; after the last one it ends', () => {
    const walk = new Walk(testPlan({ can: { checked: false }, targets: 1 })).untilEnded();
    const types = walk.events.map((event) => event.type).filter((type) => type.startsWith('step'));
    expect(types).toEqual(Array.from({ length: 3 }, () => ['step-started', 'step-finished']).flat());
    expect(walk.events.at(-1)).toEqual({ type: 'deployment-finished', at: walk.now, outcome: 'completed' });
  });

  test('without steps, it is completed at once', () => {
    const walk = new Walk(testPlan({ targets: 0, steps: [] }));
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'completed' });
  });

  test.each([
    ['rolled-back', (walk: Walk) => walk.ends(failure())],
    ['aborted', (walk: Walk) => walk.signal('abort')],
  ] as const)('after a rollback it is %s', (outcome, turn) => {
    const walk = new Walk(testPlan({ targets: 1 })).untilUnderWay('activate new t1');
    turn(walk);
    expect(walk.untilEnded().state.outcome).toBe(outcome);
  });

  test('a rollback in which something failed has failed', () => {
    const walk = new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1');
    walk.ends(failure()).untilUnderWay('stop new t1');
    expect(walk.ends(failure()).untilEnded().state.outcome).toBe('failed');
  });
});

describe('update', () => {
  test('each target goes its way, as many at once as allowed', () => {
    const walk = new Walk(testPlan({ targets: 3, policy: { concurrency: 2 } }));
    expect(walk.underWay).toEqual(['activate new t1', 'activate new t2']);
    walk.ends({}, 't2');
    expect(walk.underWay).toEqual(['activate new t1', 'probe new t2']);
    walk.ends({}, 't2').ends({}, 't2').ends({}, 't2').ends({}, 't2');
    expect(walk.phases('t2')).toBe('serving/none');
    expect(walk.underWay).toEqual(['activate new t1', 'activate new t3']);
  });

  test('a target that fails is left out while the budget lasts', () => {
    const policy = { maxFailures: 1 };
    const walk = new Walk(testPlan({ targets: 3, policy })).untilUnderWay('probe new t1');
    walk.ends(failure('first'), 't1');
    expect(walk.state.failures).toBe(1);
    walk.untilEnded();
    expect(walk.state.outcome).toBe('completed');
    // What is left of the failed one is cleared away; it keeps what it had.
    expect(walk.phases('t1')).toBe('none/serving');
    expect(walk.phases('t2')).toBe('serving/none');
    expect(walk.state.cause?.message).toBe('first');
  });

  test('one failure more than the budget turns it back, whatever is under way', () => {
    const walk = new Walk(testPlan({ targets: 3, policy: { maxFailures: 1 } })).untilUnderWay('probe new t1');
    walk.ends(failure(), 't1').ends(failure(), 't2');
    expect(walk.state.turn?.into).toBe('rollback');
    expect(walk.cancelled).toBe(true);
  });

  test('the budget counts over all steps', () => {
    const steps: Step[] = [
      { kind: 'update', targets: ['t1'], mode: 'surge', direction: 'forward' },
      { kind: 'update', targets: ['t2'], mode: 'surge', direction: 'forward' },
    ];
    const walk = new Walk(testPlan({ steps, policy: { maxFailures: 1 } }));
    walk.ends(failure(), 't1').ends(failure(), 't2');
    expect(walk.state.direction).toBe('back');
  });

  test('no more may fail in one batch than is allowed there, though the budget lasts', () => {
    const policy = { maxFailures: 9, maxFailuresPerBatch: 1, maxAttempts: 1, concurrency: 1 };
    const walk = new Walk(testPlan({ targets: 4, policy })).untilUnderWay('activate new t1');
    walk.ends(failure('no'));
    expect(walk.underWay).toEqual(['activate new t2']);
    walk.ends(failure('nor here'));
    expect([walk.state.direction, walk.state.cause?.message]).toEqual(['back', 'no']);
  });

  test('the next batch begins with as many again, and the budget counts over all', () => {
    const steps = ['t1', 't2', 't3'].map((id): Step => ({ ...updateOf(1, 'surge'), targets: [id] }) as Step);
    const policy = { maxFailures: 2, maxFailuresPerBatch: 1, maxAttempts: 1 };
    const walk = new Walk(testPlan({ targets: 3, steps, policy })).untilUnderWay('activate new t1');
    walk.ends(failure()).ends(failure());
    expect(walk.underWay).toEqual(['activate new t3']);
    expect(walk.ends(failure()).state.direction).toBe('back');
  });

  test('a percentage is of the targets of the batch, rounded down', () => {
    const failuresBorne = (maxFailuresPerBatch: Amount, targets: number) => {
      const policy = { maxFailures: 99, maxFailuresPerBatch, maxAttempts: 1, concurrency: 1 };
      const walk = new Walk(testPlan({ targets, policy })).untilUnderWay('activate new t1');
      for (let failures = 1; failures <= targets; failures++) {
        if (walk.ends(failure(), `t${failures}`).state.direction === 'back') return failures - 1;
      }
      return targets;
    };
    expect([3, 4, 5, 8].map((targets) => failuresBorne('25%', targets))).toEqual([0, 1, 1, 2]);
    expect([1, 3].map((targets) => failuresBorne('100%', targets))).toEqual([1, 3]);
    expect([1, 3].map((targets) => failuresBorne(0, targets))).toEqual([0, 0]);
  });

  test('what fails as it is staged belongs to no batch', () => {
    const steps: Step[] = [{ kind: 'stage' }, updateOf(4, 'surge')];
    const policy = { maxFailures: 9, maxFailuresPerBatch: 0, maxAttempts: 1 };
    const walk = new Walk(testPlan({ targets: 4, steps, policy })).untilUnderWay('stage new t1');
    walk.ends(failure(), 't1').ends();
    expect(walk.underWay).toEqual(['activate new t2', 'activate new t3', 'activate new t4']);
    expect(walk.ends(failure(), 't2').state.turn?.into).toBe('rollback');
  });

  test('tries again with doubled waits, when trying again is of use', () => {
    const policy = { maxAttempts: 3, backoffMs: 100 };
    const walk = new Walk(testPlan({ targets: 1, policy }));
    walk.ends(failure('once', true));
    expect(walk.wakeAt).toBe(walk.now + 100);
    walk.passes(100).ends(failure('twice', true));
    expect(walk.wakeAt).toBe(walk.now + 200);
    walk.passes(200);
    expect(walk.started.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    walk.ends(failure('thrice', true));
    expect(walk.state.cause?.message).toBe('thrice');
  });

  test('a probe that waited in vain is not repeated', () => {
    const walk = new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1');
    walk.ends({ ok: false, error: 'never healthy' });
    expect(walk.state.cause?.message).toBe('never healthy');
  });

  test('a probe that could not look at all is', () => {
    const walk = new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1');
    walk.ends(failure('connection refused', true)).passes(250);
    expect(walk.underWay).toEqual(['probe new t1']);
  });
});

describe('minAvailable', () => {
  test('is looked after: never more out at once than it allows', () => {
    const walk = new Walk(testPlan({ ...inPlace(4), policy: { minAvailable: 2 } }));
    let fewest = 4;
    walk.until(({ state }) => {
      fewest = Math.min(fewest, state.available);
      return state.phase === 'ended';
    });
    expect([walk.state.outcome, fewest]).toEqual(['completed', 2]);
  });

  test('an old one that is not healthy is nothing to protect', () => {
    const walk = new Walk(testPlan({ ...inPlace(2), policy: { minAvailable: 1 } }), [0]);
    walk.ends();
    expect(walk.underWay).toEqual(['drain old t1']);
    expect(walk.untilEnded().state.outcome).toBe('completed');
  });

  test('blocks what would go below it, looks again meanwhile, and goes on when it can', () => {
    const policy = { minAvailable: 2, checkIntervalMs: 400, capacityTimeoutMs: 2_000 };
    const walk = new Walk(testPlan({ ...inPlace(3), policy }));
    walk.ends({ seen: [{ target: 2, old: false, new: false }] });
    // The sick one first would cost nothing; but what is healthy is needed.
    expect(walk.state.available).toBe(2);
    expect(walk.underWay).toEqual([]);
    expect(walk.wakeAt).toBe(walk.now + 400);
    walk.passes(400);
    expect(walk.underWay).toEqual(['observe']);
    walk.ends({ seen: [{ target: 2, old: true, new: false }] });
    expect(walk.underWay).toEqual(['drain old t1']);
  });

  test('gives up when nothing changes for as long as allowed', () => {
    const policy = { minAvailable: 2, checkIntervalMs: 400, capacityTimeoutMs: 1_000 };
    const walk = new Walk(testPlan({ ...inPlace(2), policy }));
    walk.until(({ state }) => state.direction === 'back');
    expect(walk.now).toBe(1_000 + 1_000);
    expect(walk.state.cause?.message).toBe('going on would leave fewer than 2 healthy targets (2 now)');
  });

  test('looks at the fleet anew in each step, after a pause and after a crash', () => {
    const walk = new Walk(testPlan({ ...inPlace(2), policy: { minAvailable: 1, concurrency: 1 } }));
    expect(walk.underWay).toEqual(['observe']);
    walk.ends();
    walk.signal('pause');
    walk.ends();
    walk.signal('resume');
    expect(walk.underWay).toEqual(['observe']);
    walk.ends().crash();
    expect(walk.underWay).toEqual(['observe']);
  });

  test('a look that fails ends the step, after as many tries as others have', () => {
    const walk = new Walk(
      testPlan({ ...inPlace(2), policy: { minAvailable: 1, maxAttempts: 2, backoffMs: 10 } }),
    );
    walk.ends(failure('no route', true)).passes(10).ends(failure('no route', true));
    expect(walk.state.cause?.message).toBe('no route');
    expect(walk.state.direction).toBe('back');
  });

  test('while it waits for capacity, a look that fails is tried again', () => {
    const policy = { minAvailable: 2, checkIntervalMs: 400, capacityTimeoutMs: 5_000, backoffMs: 0 };
    const walk = new Walk(testPlan({ ...inPlace(2), policy })).ends().passes(400);
    walk.ends(failure('no route', true));
    expect([walk.underWay, walk.started.at(-1)?.attempt]).toEqual([['observe'], 2]);
  });

  test('a look that fails does not hold up a retire', () => {
    const walk = new Walk(testPlan({ policy: { minAvailable: 1 } })).untilIn('retire');
    walk.ends(failure('no route'));
    expect(walk.underWay).toEqual(['prune old t1', 'prune old t2']);
  });
});

describe('shift and hook', () => {
  test('a shift is tried again, a hook is not', () => {
    const steps: Step[] = [{ kind: 'shift', percent: 0 }, HOOK];
    const walk = new Walk(testPlan({ steps }));
    walk.ends({ ok: false, error: 'no' }).passes(250);
    expect(walk.underWay).toEqual(['shift']);
    walk.ends();
    expect(walk.state.split).toBe(0);
    expect(walk.underWay).toEqual(['hook']);
    walk.ends({ ok: false, error: 'exit code 1' });
    expect(walk.state.cause?.message).toBe('exit code 1');
    expect(walk.state.direction).toBe('back');
  });

  test('a hook after what was achieved cannot undo it', () => {
    const steps: Step[] = [updateOf(1, 'surge'), { kind: 'retire', side: 'old' }, HOOK];
    const walk = new Walk(testPlan({ targets: 1, steps })).untilUnderWay('hook');
    expect(walk.ends(failure('exit code 1')).state.outcome).toBe('completed');
    expect(walk.events.at(-2)).toMatchObject({ type: 'step-finished', note: 'exit code 1' });
  });

  test('onFailure hooks run after the rollback, each, also when one fails', () => {
    const hooksOnFailure = [HOOK, { ...HOOK, name: 'tell' }];
    const walk = new Walk(testPlan({ targets: 1, hooksOnFailure }));
    walk.ends(failure()).untilUnderWay('hook');
    expect(walk.state.steps.map((step) => step.kind)).toEqual(['retire', 'hook', 'hook']);
    walk.ends(failure('exit code 1'));
    expect(walk.underWay).toEqual(['hook']);
    expect(walk.ends().state.outcome).toBe('rolled-back');
  });

  test('a hook that fails after an abort is noted, and the deployment is still told as aborted', () => {
    const walk = new Walk(testPlan({ targets: 1, hooksOnFailure: [HOOK] }));
    walk.signal('abort');
    walk.ends(failure()).untilUnderWay('hook').ends(failure('exit code 3'));
    expect(walk.state).toMatchObject({ outcome: 'aborted', cause: { kind: 'abort' } });
    expect(walk.events.at(-2)).toMatchObject({ type: 'step-finished', note: 'exit code 3' });
  });

  test('after a crash a hook runs again, and is told so', () => {
    const walk = new Walk(testPlan({ steps: [HOOK] })).crash();
    expect(walk.started.at(-1)).toMatchObject({ operation: 'hook', recover: true });
  });
});

describe('verify', () => {
  const steps: Step[] = [{ kind: 'verify' }];

  test.each([
    ['pass', 'completed'],
    ['fail', 'rolled-back'],
  ] as const)('%s', (verdict, outcome) => {
    const walk = new Walk(testPlan({ steps }));
    walk.ends({ verdict, ok: verdict === 'pass', error: 'HTTP 503' });
    expect(walk.untilEnded().state.outcome).toBe(outcome);
    expect(walk.state.cause?.message).toBe(verdict === 'fail' ? 'HTTP 503' : undefined);
  });

  test('no verdict is asked for again, then a person has to decide', () => {
    const walk = new Walk(testPlan({ steps, policy: { maxAttempts: 2, backoffMs: 10 } }));
    walk.ends({ verdict: 'inconclusive' }).passes(10);
    expect(walk.underWay).toEqual(['check']);
    walk.ends({ verdict: 'inconclusive' });
    expect(walk.state.paused?.cause.kind).toBe('inconclusive');
    walk.signal('promote');
    expect(walk.underWay).toEqual(['check']);
    walk.ends({ verdict: 'inconclusive' }).passes(10).ends({ verdict: 'inconclusive' });
    expect(walk.state.outcome).toBe('completed');
    expect(walk.events.at(-2)).toMatchObject({ note: 'promoted without a verdict' });
  });

  test('who could not ask has no verdict either', () => {
    const walk = new Walk(testPlan({ steps, policy: { maxAttempts: 1 } }));
    walk.happens({
      type: 'operations-finished',
      at: walk.now,
      outcomes: [{ target: null, operation: 'check', ok: false, tookMs: 1, error: 'no route' }],
    });
    expect(walk.state.paused?.cause.kind).toBe('inconclusive');
  });

  test('without checks there is nothing to ask', () => {
    const walk = new Walk(testPlan({ steps, can: { checked: false } }));
    expect(walk.state.outcome).toBe('completed');
    expect(walk.events.at(-2)).toMatchObject({ type: 'step-finished', note: 'no checks are configured' });
  });
});

describe('bake', () => {
  const steps: Step[] = [{ kind: 'bake', durationMs: 2_500 }];

  test('checks at its interval, and once at its end, if it was never answered', () => {
    const walk = new Walk(testPlan({ steps, policy: { checkIntervalMs: 1_000 } })).untilEnded();
    expect(walk.started).toHaveLength(3);
    expect(walk.now).toBe(1_000 + 2_500);
    expect(walk.state.outcome).toBe('completed');
  });

  test('the first bad verdict ends it', () => {
    const walk = new Walk(testPlan({ steps })).ends();
    walk.passes(1_000).ends({ verdict: 'fail', ok: false, error: 'HTTP 500' });
    expect(walk.state).toMatchObject({ direction: 'back', cause: { message: 'HTTP 500' } });
  });

  test('what found no answer by its end is asked again before it is over', () => {
    const walk = new Walk(testPlan({ steps, policy: { maxAttempts: 2, backoffMs: 100 } })).ends();
    walk.until((it) => it.now >= 3_000 && it.underWay.length > 0);
    walk.passes(500).ends({ verdict: 'inconclusive' });
    expect([walk.state.phase, walk.wakeAt]).toEqual(['running', walk.now + 100]);
    walk.passes(100).ends({ verdict: 'fail', ok: false, error: 'HTTP 500' });
    expect(walk.state.direction).toBe('back');
  });

  test('no verdict at its end pauses it', () => {
    const walk = new Walk(testPlan({ steps, policy: { maxAttempts: 1 } }));
    walk.until((it) => {
      if (it.underWay.length > 0) it.ends({ verdict: 'inconclusive' });
      return it.state.paused !== null;
    });
    expect(walk.state.paused?.cause.kind).toBe('inconclusive');
  });

  test('without checks it only takes its time', () => {
    const walk = new Walk(testPlan({ steps, can: { checked: false } }));
    expect([walk.underWay, walk.wakeAt]).toEqual([[], 3_500]);
  });

  test('promote skips the rest of it, promote full every one; health never', () => {
    const three: Step[] = [steps[0]!, steps[0]!, GATE, steps[0]!];
    const walk = new Walk(testPlan({ steps: three })).ends();
    walk.passes(10).signal('promote');
    expect(walk.state.position).toBe(1);
    walk.signal('promote', { full: true });
    // The check that was under way counts; without one of the next bake, it is asked first.
    expect(walk.underWay).toEqual(['check']);
    walk.ends();
    expect(walk.state.position).toBe(3);
    expect(walk.underWay).toEqual(['check']);
    walk.ends({ verdict: 'fail', ok: false, error: 'HTTP 500' });
    expect(walk.state.direction).toBe('back');
  });
});

describe('gate', () => {
  test.each([
    ['approve', 'completed', undefined],
    ['reject', 'rolled-back', '"go?" rejected by ann: not today'],
  ] as const)('%s', (signal, outcome, message) => {
    const walk = new Walk(testPlan({ steps: [GATE] }));
    expect(walk.wakeAt).toBe(walk.now + 1_000);
    walk.signal(signal, { reason: 'not today' });
    expect(walk.untilEnded().state.outcome).toBe(outcome);
    expect(walk.state.cause?.message).toBe(message);
  });

  test('nobody answers', () => {
    const walk = new Walk(testPlan({ steps: [GATE] })).passes(1_000);
    expect(walk.state.cause).toEqual({ kind: 'deadline', message: 'nobody answered "go?" within 1000 ms' });
    expect(walk.untilEnded().state.outcome).toBe('rolled-back');
  });

  test('a no, or no answer, leads back also where failures pause', () => {
    const walk = new Walk(testPlan({ steps: [GATE], policy: { onFailure: 'pause' } }));
    walk.signal('reject');
    expect(walk.state.direction).toBe('back');
  });

  test('a pause at a gate outlasts a yes, and ends with a no', () => {
    const walk = new Walk(testPlan({ steps: [GATE] }));
    walk.signal('pause');
    expect(walk.signal('approve')).toBeNull();
    expect(walk.state).toMatchObject({ phase: 'running', paused: { cause: { kind: 'pause' } } });
    walk.signal('resume');
    expect(walk.state.outcome).toBe('completed');

    const other = new Walk(testPlan({ steps: [GATE] }));
    other.signal('pause');
    other.signal('reject');
    expect(other.state.direction).toBe('back');
  });
});

describe('retire', () => {
  test('leaving targets are retired, others keep their new release', () => {
    const targets = [
      { id: 't1', from: testPlan().targets[0]!.from },
      { id: 't2', from: testPlan().targets[0]!.from, leaving: true as const },
    ];
    const walk = new Walk(
      testPlan({ targets, steps: [updateOf(1, 'surge'), { kind: 'retire', side: 'old' }] }),
    );
    walk.untilEnded();
    expect([walk.phases('t1'), walk.phases('t2')]).toEqual(['serving/none', 'none/none']);
    expect(walk.startedWords).toContain('drain old t2');
    expect(walk.startedWords.some((words) => words.includes('new t2'))).toBe(false);
  });

  test('a target that leaves loses also what is the plan’s own release', () => {
    const targets = [
      { id: 't1', from: NEW.id },
      { id: 't2', from: NEW.id, leaving: true as const },
    ];
    const steps: Step[] = [{ kind: 'retire', side: 'old' }];
    const draft = planDraft({ targets, steps, policy: { minAvailable: 1 } });
    const walk = new Walk(makePlan({ ...draft, previous: { [NEW.id]: NEW } }));
    walk.untilEnded();
    expect([walk.phases('t1'), walk.phases('t2')]).toEqual(['serving/none', 'none/none']);
    expect(walk.state.outcome).toBe('completed');
  });

  test('a failure in it does not turn a verified release back', () => {
    const walk = new Walk(testPlan({ targets: 2 })).untilIn('retire');
    walk.until((it) => {
      if (it.underWay.length > 0) it.ends(failure('disk full'));
      return it.state.phase === 'ended';
    });
    expect(walk.state.outcome).toBe('completed');
    expect([...walk.state.targets].map((target) => target.failure?.message)).toEqual([
      'disk full',
      'disk full',
    ]);
  });

  test('where the new was seen to be unhealthy by then, the old stays, and the target counts as failed', () => {
    const steps: Step[] = [updateOf(2, 'beside'), { kind: 'retire', side: 'old' }];
    const walk = new Walk(testPlan({ steps, policy: { minAvailable: 1 } })).untilIn('retire');
    walk.ends({ seen: [{ target: 0, old: true, new: false }] }).untilEnded();
    expect([walk.phases('t1'), walk.phases('t2')]).toEqual(['none/serving', 'serving/none']);
    expect(walk.state.targets.get(0).failure).toEqual({
      kind: 'failure',
      message: 'not healthy any more when the old was to be retired, so the old stays',
      target: 't1',
    });
  });
});

function inPlace(targets: number) {
  return { targets, steps: [updateOf(targets, 'in-place')] };
}
