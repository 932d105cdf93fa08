/** Each signal in each state: obeyed, or refused with its reason; and that an abort wins in every order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SIGNALS, type SignalName } from '../../src/domain/event.ts';
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
  'turning back': () => signalled(new Walk(testPlan()).untilUnderWay('activate new t1'), 'abort'),
  'rolling back': () => new Walk(testPlan({ targets: 1 })).untilUnderWay('probe new t1').ends(failure()),
  ended: () => new Walk(testPlan()).untilEnded(),
} as const;
type StateName = keyof typeof STATES;

const OK = null;
const BACK = 'it is rolling back';
const ENDED = 'the deployment has ended: completed';
const NO_GATE = 'it is not waiting at a gate';
const NOT_PAUSED = 'it is not paused';
const NOT_FAILED = 'it is not paused after a failure';
const AGAIN = 'it is paused already';

/** Row: state. Column: why the signal is refused. */
const TABLE: Record<StateName, Record<SignalName, string | null>> = {
  'in an update': row({ approve: NO_GATE, reject: NO_GATE, resume: NOT_PAUSED, retry: NOT_FAILED }),
  'at a gate': row({ resume: NOT_PAUSED, retry: NOT_FAILED }),
  'in a bake': row({ approve: NO_GATE, reject: NO_GATE, resume: NOT_PAUSED, retry: NOT_FAILED }),
  'paused by a person': row({ approve: NO_GATE, reject: NO_GATE, pause: AGAIN }),
  'paused at a gate': row({ pause: AGAIN }),
  'paused by a failure': row({
    approve: NO_GATE,
    reject: NO_GATE,
    pause: AGAIN,
    promote: 'a failure cannot be promoted: retry or abort',
  }),
  'paused without a verdict': row({ approve: NO_GATE, reject: NO_GATE, pause: AGAIN }),
  'turning back': row({ approve: NO_GATE, reject: NO_GATE, resume: NOT_PAUSED, retry: NOT_FAILED }),
  'rolling back': {
    abort: 'it is rolling back already',
    pause: BACK,
    promote: BACK,
    approve: NO_GATE,
    reject: NO_GATE,
    resume: NOT_PAUSED,
    retry: NOT_FAILED,
  },
  ended: Object.fromEntries(SIGNALS.map((signal) => [signal, ENDED])) as Record<SignalName, string>,
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

describe('retry', () => {
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

describe('abort', () => {
  /** Every point of a rollout at which somebody may lose patience. */
  const steps: Step[] = [
    { kind: 'stage' },
    { kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 1_000 },
    { kind: 'shift', percent: 0 },
    updateOf(2, 'beside'),
    { kind: 'verify' },
    { kind: 'shift', percent: 50 },
    { kind: 'bake', durationMs: 1_000 },
    GATE,
    { kind: 'shift', percent: 100 },
    { kind: 'retire', side: 'old' },
  ];

  test.each(steps.map((step, position) => [position, step.kind] as const))(
    'wins in step %i, %s',
    (position) => {
      const walk = new Walk(testPlan({ steps }));
      walk.until((it) => {
        if (it.state.position < position && it.state.steps[it.state.position]?.kind === 'gate')
          it.signal('approve');
        return it.state.position === position;
      });
      expect(walk.signal('abort', { reason: 'wrong build' })).toBeNull();
      const before = walk.started.length;
      if (walk.state.direction === 'forward') walk.ends(failure('cut short'));
      walk.untilEnded();
      expect(walk.state).toMatchObject({
        outcome: 'aborted',
        cause: { kind: 'abort', message: 'aborted by ann: wrong build' },
      });
      expect([walk.phases('t1'), walk.phases('t2')]).toEqual(['none/serving', 'none/serving']);
      const later = walk.startedWords.slice(before);
      expect(later.filter((words) => /^(stage|activate|admit|probe) new/.test(words))).toEqual([]);
      expect([null, 0]).toContain(walk.state.split);
    },
  );

  test('wins in every order with other signals, also with those that come at the same moment', () => {
    const others = fc.array(fc.constantFrom(...SIGNALS), { maxLength: 6 });
    const begin = fc.constantFrom<StateName>('in an update', 'at a gate', 'paused by a person');
    fc.assert(
      fc.property(begin, others, others, (name, before, after) => {
        const walk = STATES[name]();
        for (const signal of before) walk.signal(signal);
        if (walk.state.phase === 'ended' || walk.state.direction === 'back') return;
        expect(walk.signal('abort')).toBeNull();
        const started = walk.started.length;
        for (const signal of after) walk.signal(signal);
        walk.until((it) => {
          if (it.underWay.length > 0) it.ends(it.state.direction === 'forward' ? failure('cut short') : {});
          return it.state.phase === 'ended';
        });
        expect(walk.state.outcome).toBe('aborted');
        const later = walk.startedWords.slice(started);
        expect(later.filter((words) => /^(stage|activate|admit|probe) new/.test(words))).toEqual([]);
      }),
    );
  });

  test('takes over from a failure that was about to pause or to stop', () => {
    for (const onFailure of ['pause', 'stop'] as const) {
      const walk = new Walk(testPlan({ policy: { onFailure } })).untilUnderWay('activate new t1');
      walk.ends(failure(), 't1');
      expect(walk.state.turn?.into).toBe(onFailure);
      walk.signal('abort');
      walk.ends(failure('cut short'), 't2').untilEnded();
      expect(walk.state.outcome).toBe('aborted');
    }
  });
});

function signalled(walk: Walk, signal: SignalName): Walk {
  walk.signal(signal);
  return walk;
}

function row(refused: Partial<Record<SignalName, string>>): Record<SignalName, string | null> {
  const all = Object.fromEntries(SIGNALS.map((signal) => [signal, OK])) as Record<SignalName, string | null>;
  return { ...all, ...refused };
}
