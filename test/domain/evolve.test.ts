/** What each event does to the state. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { countAvailable, evolve, fold } from '../../src/domain/evolve.ts';
import { type DeploymentState, initialState } from '../../src/domain/state.ts';
import { NEW, testPlan, updateOf } from './plans.ts';
import { failure, Walk } from './walk.ts';

describe('fold', () => {
  const created: DeploymentEvent = { type: 'deployment-created', at: 5, plan: testPlan(), by: 'ann' };

  test('begins with deployment-created', () => {
    expect(fold('api-1', [created])).toEqual(initialState('api-1', created.plan, 'ann'));
    expect(() => fold('api-1', [])).toThrow('The journal of api-1 is empty');
    expect(() => fold('api-1', [{ type: 'step-started', at: 1, step: 0 }])).toThrow(
      /begins with step-started/,
    );
  });

  test('a second one changes nothing but the count of events', () => {
    const state = fold('api-1', [created]);
    expect(evolve(state, created)).toEqual({ ...state, seq: 2 });
  });

  test('gives what evolving one by one gave', () => {
    const walk = new Walk(testPlan()).untilUnderWay('drain old t1');
    const folded = fold('api-1', [{ ...created, plan: walk.state.plan }, ...walk.events]);
    expect(plain(folded)).toEqual(plain(walk.state));
    expect(folded.seq).toBe(walk.events.length + 1);
  });
});

describe('the state at the beginning', () => {
  test('a target serves what it ran before', () => {
    const targets = [
      { id: 'old', from: testPlan().targets[0]!.from },
      { id: 'empty', from: null },
      { id: 'there', from: NEW.id },
    ];
    const walk = new Walk(testPlan({ targets, steps: [] }), null);
    expect(walk.phases('old')).toBe('none/serving');
    expect(walk.phases('empty')).toBe('none/none');
    expect(walk.phases('there')).toBe('serving/none');
    expect(walk.state.available).toBe(2);
  });

  test('what was seen to be unhealthy is nothing to protect', () => {
    const targets = [
      { id: 'old', from: testPlan().targets[0]!.from },
      { id: 'there', from: NEW.id },
    ];
    const walk = new Walk(testPlan({ targets, steps: [] }), [0, 1]);
    expect(walk.phases('old')).toBe('none/failing');
    // What should run the release already, and does not, is started again.
    expect(walk.phases('there')).toBe('attempted/none');
    expect(walk.state.available).toBe(0);
  });
});

describe('operations', () => {
  test('change a target as they start and as they end', () => {
    const walk = new Walk(testPlan({ targets: 1 }));
    const seen: string[] = [];
    walk.until((it) => {
      seen.push(`${it.underWay[0] ?? 'nothing'}: ${it.phases('t1')}`);
      return it.state.phase === 'ended';
    });
    expect(seen).toEqual([
      'activate new t1: attempted/serving',
      'probe new t1: started/serving',
      'admit new t1: healthy/serving',
      'drain old t1: serving/draining',
      'stop old t1: serving/attempted',
      'check: serving/none',
      'prune old t1: serving/none',
      'nothing: serving/none',
    ]);
  });

  test('where only one release can run, starting the one puts the other in doubt', () => {
    const plan = testPlan({ targets: 1, can: { beside: false }, steps: [updateOf(1, 'in-place')] });
    const walk = new Walk(plan).ends();
    expect([walk.underWay[0], walk.phases('t1')]).toEqual(['activate new t1', 'attempted/attempted']);
    walk.ends(failure('no', true));
    expect(walk.phases('t1')).toBe('attempted/attempted');
    walk.passes(250).ends();
    expect(walk.phases('t1')).toBe('started/none');
  });

  test('capacity counts as gone as soon as it is about to go', () => {
    const walk = new Walk(testPlan({ targets: 2, steps: [updateOf(2, 'in-place')] }));
    expect(walk.underWay).toEqual(['drain old t1', 'drain old t2']);
    expect(walk.state.available).toBe(0);
  });

  test('a failed one changes nothing but that it failed', () => {
    const walk = new Walk(testPlan({ targets: 1, policy: { onFailure: 'pause' } })).untilUnderWay(
      'admit new t1',
    );
    walk.ends(failure('no router'));
    expect(walk.phases('t1')).toBe('healthy/serving');
    expect(walk.state.targets.get(0).failure).toEqual({
      kind: 'failure',
      message: 'no router',
      target: 't1',
    });
    expect(walk.state).toMatchObject({ failures: 1, step: { failed: 1, done: 0 } });
  });

  test('when the course changes, what was cut short has not failed', () => {
    const walk = new Walk(testPlan()).untilUnderWay('activate new t1');
    walk.signal('pause');
    walk.signal('abort');
    walk.ends(failure('cut short'));
    expect(walk.state.failures).toBe(0);
    expect(walk.state.targets.get(0).failure).toBeNull();
  });

  test('without a step under way they make no sense', () => {
    const state = initialState('api-1', testPlan(), 'ann');
    const intents = [{ target: 0, operation: 'stage', side: 'new', attempt: 1 }] as const;
    expect(() => evolve(state, { type: 'operations-started', at: 1, intents })).toThrow(TypeError);
  });
});

describe('observations', () => {
  test('what serves and is not healthy is failing, until it is seen to be healthy again', () => {
    const plan = testPlan({ targets: 2, steps: [updateOf(2, 'in-place')], policy: { minAvailable: 2 } });
    const walk = new Walk(plan);
    walk.ends({ seen: [{ target: 1, old: false, new: false }] });
    expect([walk.phases('t2'), walk.state.available]).toEqual(['none/failing', 1]);
    walk.passes(1_000).ends({ seen: [{ target: 1, old: true, new: false }] });
    expect([walk.phases('t2'), walk.state.available]).toEqual(['none/serving', 2]);
  });

  test('a good verdict on all of them is a look too', () => {
    const steps = [
      { kind: 'update', targets: ['t1'], mode: 'in-place', direction: 'forward' },
      { kind: 'update', targets: ['t2'], mode: 'in-place', direction: 'forward' },
      { kind: 'verify' },
    ] as const;
    const walk = new Walk(testPlan({ steps, policy: { minAvailable: 1 } }));
    walk.until((it) => it.state.position === 1 && it.underWay[0] === 'observe');
    walk.ends({ seen: [{ target: 0, old: false, new: false }] });
    // Nothing would serve while t2 is replaced: it waits until t1 is seen to be well again.
    expect([walk.phases('t1'), walk.state.available]).toEqual(['failing/none', 1]);
    walk
      .passes(1_000)
      .ends({ seen: [{ target: 0, old: false, new: true }] })
      .untilUnderWay('admit new t2');
    walk.crash().ends({ seen: [{ target: 0, old: false, new: false }] });
    expect(walk.phases('t1')).toBe('failing/none');
    walk.untilEnded();
    expect([walk.phases('t1'), walk.state.available]).toEqual(['serving/none', 2]);
  });
});

describe('controller-changed', () => {
  test('what the last one had under way is unknown, and done again', () => {
    const walk = new Walk(testPlan({ policy: { concurrency: 1 } })).untilUnderWay('activate new t1');
    walk.crash();
    expect(walk.state.controller).toBe('bob');
    expect(walk.started.at(-1)).toEqual({
      target: 0,
      operation: 'activate',
      side: 'new',
      attempt: 1,
      recover: true,
    });
    walk.ends();
    expect(walk.started.at(-1)).toEqual({ target: 0, operation: 'probe', side: 'new', attempt: 1 });
  });

  test('counts no try twice', () => {
    const walk = new Walk(testPlan({ targets: 1, policy: { maxAttempts: 2 } })).ends(failure('no', true));
    walk.passes(250).crash();
    expect(walk.started.at(-1)).toMatchObject({ attempt: 2, recover: true });
  });
});

describe('the end', () => {
  test('is kept with its cause', () => {
    const walk = new Walk(testPlan({ targets: 1 })).ends(failure('no disk')).untilEnded();
    expect(walk.state).toMatchObject({
      phase: 'ended',
      outcome: 'rolled-back',
      cause: { message: 'no disk', target: 't1' },
      step: null,
      turn: null,
      paused: null,
      endedAt: walk.now,
    });
  });
});

test('the books are right whatever happens: available targets and failures, counted anew', () => {
  const answer = fc.constantFrom(
    'ok',
    'fails',
    'fails for good',
    'crash',
    'pause',
    'resume',
    'abort',
    'wait',
  );
  const can = fc.record({
    beside: fc.boolean(),
    routed: fc.boolean(),
    probed: fc.boolean(),
    staged: fc.boolean(),
  });
  const policy = fc.record({
    onFailure: fc.constantFrom('rollback' as const, 'pause' as const, 'stop' as const),
    maxFailures: fc.nat({ max: 3 }),
    minAvailable: fc.nat({ max: 3 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(
      fc.nat({ max: 5 }),
      can,
      policy,
      fc.array(answer, { maxLength: 60 }),
      (count, can, policy, answers) => {
        const mode = can.beside ? 'surge' : 'in-place';
        const steps = [updateOf(count, mode), { kind: 'verify' }, { kind: 'retire', side: 'old' }] as const;
        const walk = new Walk(testPlan({ targets: count, can, policy, steps }));
        for (const one of answers) {
          if (walk.state.phase === 'ended') break;
          step(walk, one);
          expect(walk.state.available).toBe(countAvailable(walk.state));
          if (walk.state.direction === 'forward') expect(walk.state.failures).toBe(failed(walk.state));
        }
        expect(plain(walk.state)).toEqual(plain(refold(walk)));
      },
    ),
  );
});

function step(walk: Walk, answer: string): void {
  if (answer === 'crash') walk.crash();
  else if (answer === 'pause' || answer === 'resume' || answer === 'abort') walk.signal(answer);
  else if (answer === 'wait' || walk.underWay.length === 0)
    walk.passes(walk.wakeAt === null ? 1 : Math.max(0, walk.wakeAt - walk.now));
  else if (answer === 'ok') walk.ends();
  else walk.ends(failure('no', answer === 'fails'));
}

function failed(state: DeploymentState): number {
  return [...state.targets].filter((target) => target.failure !== null).length;
}

function refold({ state, events }: Walk): DeploymentState {
  return fold(state.id, [{ type: 'deployment-created', at: 0, plan: state.plan, by: 'ann' }, ...events]);
}

function plain(state: DeploymentState) {
  return { ...state, targets: [...state.targets] };
}
