/** Each signal in each state: obeyed, or refused with its reason. */
import { describe, expect, test } from 'vitest';
import { SIGNALS, type SignalName } from '../../src/domain/event.ts';
import { whyRefused } from '../../src/domain/evolve.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Step } from '../../src/domain/step.ts';
import { testPlan, updateOf } from './plans.ts';
import { failure, Walk } from './walk.ts';

const GATE: Step = { kind: 'gate', name: 'go?', deadlineMs: 1_000 };

/** How a deployment comes into each state that a signal may meet. */
const STATES = {
  'in an update': () => new Walk(testPlan()).untilUnderWay('probe new t1'),
  'at a gate': () => new Walk(testPlan({ steps: [GATE] })),
  'in a bake': () => new Walk(testPlan({ steps: [{ kind: 'bake', durationMs: 1_000 }] })),
  'paused by a person': () => signalled(new Walk(testPlan()), 'pause'),
  'paused at a gate': () => signalled(new Walk(testPlan({ steps: [GATE] })), 'pause'),
  'paused by a failure': () =>
    new Walk(testPlan({ targets: 1, policy: { onFailure: 'pause' } })).ends(failure()),
  'paused without a verdict': () =>
    new Walk(testPlan({ steps: [{ kind: 'verify' }], policy: { maxAttempts: 1 } })).ends({
      verdict: 'inconclusive',
    }),
  'about to pause': () => turning({ onFailure: 'pause' }),
  'about to stop': () => turning({ onFailure: 'stop' }),
  'turning back': () => turning({}),
  aborting: () => signalled(new Walk(testPlan()).untilUnderWay('activate new t1'), 'abort'),
  'rolling back': () => new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1').ends(failure()),
  ended: () => new Walk(testPlan()).untilEnded(),
} as const;
type StateName = keyof typeof STATES;

const OK = null;
const NO_GATE = 'it is not waiting at a gate';
const NOT_PAUSED = 'it is not paused';
const NOT_FAILED = 'it is not paused after a failure';
const BY_PERSON = 'it is not paused after a failure, but by a person';
const AGAIN = 'it is paused already';
const NO_WAIT = 'there is nothing to cut short: it is in no bake, gate or pause';

/** Row: state. Column: why the signal is refused. */
const TABLE: Record<StateName, Record<SignalName, string | null>> = {
  'in an update': row({
    approve: NO_GATE,
    reject: NO_GATE,
    resume: NOT_PAUSED,
    retry: NOT_FAILED,
    promote: NO_WAIT,
  }),
  'at a gate': row({ resume: NOT_PAUSED, retry: NOT_FAILED }),
  'in a bake': row({ approve: NO_GATE, reject: NO_GATE, resume: NOT_PAUSED, retry: NOT_FAILED }),
  'paused by a person': row({ approve: NO_GATE, reject: NO_GATE, pause: AGAIN, retry: BY_PERSON }),
  'paused at a gate': row({ pause: AGAIN, retry: BY_PERSON }),
  'paused by a failure': row({
    approve: NO_GATE,
    reject: NO_GATE,
    pause: AGAIN,
    promote: 'a failure cannot be promoted: retry or abort',
  }),
  'paused without a verdict': row({ approve: NO_GATE, reject: NO_GATE, pause: AGAIN }),
  'about to pause': onlyAbort('it is about to pause'),
  'about to stop': onlyAbort('it is about to stop'),
  'turning back': onlyAbort('it is turning back'),
  'rolling back': onlyAbort('it is rolling back'),
  aborting: onlyAbort('it was aborted by ann'),
  ended: {
    ...onlyAbort('the deployment has ended: completed'),
    abort: 'the deployment has ended: completed',
  },
};

describe.each(Object.keys(STATES) as StateName[])('%s', (name) => {
  test.each(SIGNALS)('%s', (signal) => {
    const walk = STATES[name]();
    const before = walk.state;
    const refused = walk.signal(signal);
    expect(refused).toBe(TABLE[name][signal]);
    if (refused === null) return;
    expect({ ...walk.state, seq: 0, lastSignal: 0 }).toEqual({ ...before, seq: 0, lastSignal: 0 });
    expect(walk.state.lastSignal).toBe(before.lastSignal + 1);
  });
});

describe('the digest of the plan that somebody saw', () => {
  const digest = 'f'.repeat(64);

  test('has to be that of the plan, whatever is asked; but for an abort', () => {
    const walk = new Walk(testPlan({ steps: [GATE] }));
    const own = walk.state.plan.digest;
    for (const signal of SIGNALS) {
      const wrong = { signal, by: 'ann', digest };
      const refused = `it executes plan ${own.slice(0, 8)}, not ffffffff`;
      expect([signal, whyRefused(walk.state, wrong)]).toEqual([signal, signal === 'abort' ? null : refused]);
    }
    expect(walk.signal('approve', { digest })).not.toBeNull();
    expect(walk.state.step?.approvals).toEqual([]);
    expect(walk.signal('approve', { digest: own })).toBeNull();
    expect(walk.state.outcome).toBe('completed');
  });
});

describe('what was refused when it came', () => {
  test('is not obeyed by whoever reads the journal, whatever their rules are', () => {
    const walk = new Walk(testPlan({ steps: [GATE] }));
    const signal = { signal: 'approve', by: 'ann' } as const;
    walk.happens({ type: 'signal-received', at: walk.now, id: 1, signal, refused: 'by an older Sluice' });
    expect(walk.state.step?.approvals).toEqual([]);
  });
});

describe('resume', () => {
  test('after a person paused it, brings nothing back that had failed before', () => {
    const walk = new Walk(testPlan({ targets: 2, policy: { maxFailures: 1 } }));
    walk.untilUnderWay('probe new t1').ends(failure('never healthy'), 't1');
    walk.signal('pause');
    walk.ends({}, 't2').passes(5_000).signal('resume');
    expect(walk.underWay).toEqual(['admit new t2']);
    expect(walk.state.failures).toBe(1);
  });

  test('does not forget that the checks said no in the pause', () => {
    const walk = new Walk(testPlan({ steps: [{ kind: 'bake', durationMs: 5_000 }] }));
    walk.signal('pause');
    walk.ends({ ok: false, verdict: 'fail', error: 'HTTP 500' });
    expect(walk.state.direction).toBe('forward');
    walk.signal('resume');
    expect(walk.state).toMatchObject({ direction: 'back', cause: { message: 'HTTP 500' } });
  });

  test('asks the checks anew: what they said before the pause is old', () => {
    const walk = new Walk(testPlan({ steps: [{ kind: 'bake', durationMs: 5_000 }] })).ends();
    walk.signal('pause');
    walk.passes(60_000).signal('promote');
    expect(walk.underWay).toEqual(['check']);
    walk.ends({ ok: false, verdict: 'fail' });
    expect(walk.state.direction).toBe('back');
  });
});

describe('promote', () => {
  const BAKE: Step = { kind: 'bake', durationMs: 5_000 };

  test('goes to the next step and no further', () => {
    const walk = new Walk(testPlan({ steps: [BAKE, GATE, BAKE] })).ends();
    walk.signal('promote');
    expect(walk.state).toMatchObject({ position: 1, promotedFully: false });
    walk.signal('promote');
    expect(walk.state.position).toBe(2);
    expect(walk.ends().state.position).toBe(2);
    expect(walk.wakeAt).toBe(walk.now + 1_000);
  });

  test('of a bake is no leave to go on without a verdict', () => {
    const walk = new Walk(testPlan({ steps: [BAKE], policy: { maxAttempts: 1 } }));
    walk.signal('promote', { full: true });
    walk.ends({ verdict: 'inconclusive' });
    expect(walk.state.paused?.cause.kind).toBe('inconclusive');
    walk.signal('promote');
    walk.ends({ verdict: 'inconclusive' });
    expect(walk.events.at(-2)).toMatchObject({ note: 'promoted without a verdict' });
  });

  test('fully, in the middle of an update, changes nothing of it', () => {
    const steps: Step[] = [updateOf(2, 'surge'), { kind: 'verify' }, GATE, BAKE];
    const walk = new Walk(testPlan({ steps })).untilUnderWay('probe new t1');
    walk.signal('promote', { full: true });
    expect(walk.underWay).toEqual(['probe new t1', 'probe new t2']);
    walk.untilIn('bake').ends();
    expect(walk.state.outcome).toBe('completed');
    expect(walk.events).toContainEqual(
      expect.objectContaining({ type: 'step-finished', step: 2, note: 'promoted by ann' }),
    );
  });
});

describe('retry', () => {
  test('of what was out of time has its time again, and keeps what was done', () => {
    const steps = [updateOf(2, 'in-place')];
    const policy = { minAvailable: 1, capacityTimeoutMs: 1_000, onFailure: 'pause' as const };
    const walk = new Walk(testPlan({ steps, policy })).ends();
    walk.ends({}, 't1').untilUnderWay('activate new t1');
    walk.ends({ ok: false, error: 'no disk', retryable: false });
    walk.until((it) => it.state.paused !== null);
    const done = walk.startedWords;
    walk.passes(60_000).signal('retry');
    expect(walk.state).toMatchObject({ paused: null, turn: null, direction: 'forward' });
    walk.ends();
    expect(walk.startedWords.slice(done.length)).toEqual(['observe', 'activate new t1']);
    expect(walk.untilEnded().state.outcome).toBe('completed');
  });

  test('of a bake that failed goes on with the rest of it', () => {
    const steps: Step[] = [{ kind: 'bake', durationMs: 2_500 }];
    const walk = new Walk(testPlan({ steps, policy: { onFailure: 'pause' } })).ends();
    walk.passes(1_000).ends({ ok: false, verdict: 'fail', error: 'HTTP 500' });
    expect(walk.state.paused?.cause.message).toBe('HTTP 500');
    walk.passes(60_000).signal('retry');
    walk.ends();
    walk.untilEnded();
    expect([walk.state.outcome, walk.now]).toEqual(['completed', 1_000 + 60_000 + 2_500]);
  });

  test('of a hook that failed runs it again', () => {
    const steps: Step[] = [{ kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 1_000 }];
    const walk = new Walk(testPlan({ steps, policy: { onFailure: 'pause' } })).ends(failure());
    walk.signal('retry');
    expect(walk.underWay).toEqual(['hook']);
    expect(walk.ends().state.outcome).toBe('completed');
  });

  test('gives the targets of the step that failed another chance, and only those', () => {
    const walk = new Walk(testPlan({ targets: 2, policy: { onFailure: 'pause' } })).untilUnderWay(
      'probe new t1',
    );
    walk.ends(failure('never healthy'), 't1').ends({}, 't2');
    expect(walk.state.paused?.cause.message).toBe('never healthy');
    const before = walk.started.length;
    walk.signal('retry');
    expect(walk.state).toMatchObject({ failures: 0, paused: null, cause: null });
    expect(walk.startedWords.slice(before)).toEqual(['admit new t2', 'probe new t1']);
    expect(walk.untilEnded().state.outcome).toBe('completed');
  });

  test('does not forget what failed in an earlier step', () => {
    const walk = new Walk(testPlan({ targets: 2, policy: { maxFailures: 1 } })).untilUnderWay('probe new t1');
    walk.ends(failure('never healthy'), 't1').untilIn('retire');
    walk.signal('pause');
    walk.signal('resume');
    walk.signal('promote');
    expect(walk.state.failures).toBe(1);
    expect(walk.untilEnded().state.targets.get(0).failure?.message).toBe('never healthy');
  });
});

function signalled(walk: Walk, signal: SignalName): Walk {
  walk.signal(signal);
  return walk;
}

/** One target has failed, and another is still being cut short. */
function turning(policy: Partial<Policy>): Walk {
  return new Walk(testPlan({ policy })).untilUnderWay('activate new t1').ends(failure(), 't1');
}

function onlyAbort(refused: string): Record<SignalName, string | null> {
  const all = Object.fromEntries(SIGNALS.map((signal) => [signal, refused]));
  return { ...(all as Record<SignalName, string>), abort: OK };
}

function row(refused: Partial<Record<SignalName, string>>): Record<SignalName, string | null> {
  const all = Object.fromEntries(SIGNALS.map((signal) => [signal, OK])) as Record<SignalName, string | null>;
  return { ...all, ...refused };
}
