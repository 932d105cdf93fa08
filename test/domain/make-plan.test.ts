import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertCurrent, assertUnedited, digestOf, makePlan } from '../../src/domain/make-plan.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { Step } from '../../src/domain/step.ts';
import { InvalidInputError, InvalidPlanError, StalePlanError } from '../../src/errors.ts';
import { NEW, OLD, planDraft, testPlan, updateOf } from './plans.ts';

describe('a digest', () => {
  test('is of everything: whatever is edited no longer fits', () => {
    const plan = testPlan({ targets: 3, hooksOnFailure: [hook('tell')] });
    const edits: Partial<Plan>[] = [
      { service: 'web' },
      { environment: 'staging' },
      { release: { ...NEW, spec: { command: ['rm'] } } },
      { previous: {} },
      { targets: plan.targets.slice(0, 2) },
      { targets: plan.targets.toReversed() },
      { targets: plan.targets.map((target) => ({ ...target, from: null })) },
      { targets: plan.targets.map((target) => ({ ...target, leaving: true as const })) },
      { strategy: { name: 'test', options: { batchSize: 2 } } },
      { steps: plan.steps.slice(1) },
      { hooksOnFailure: [] },
      { capabilities: { ...plan.capabilities, checked: false } },
      { policy: { ...plan.policy, minAvailable: 1 } },
      { policy: { ...plan.policy, timeoutsMs: { ...plan.policy.timeoutsMs, probe: 1 } } },
      { createdAt: 1 },
      { digest: 'f'.repeat(64) },
    ];
    expect(() => assertUnedited(plan)).not.toThrow();
    for (const edit of edits) {
      expect(() => assertUnedited({ ...plan, ...edit }), JSON.stringify(edit)).toThrow(InvalidPlanError);
    }
  });

  test('survives a round trip through JSON', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 5 }),
        fc.nat(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (count, at, spec) => {
          const draft = planDraft({ targets: count });
          const plan = makePlan({
            ...draft,
            release: { ...NEW, spec: spec as Plan['release']['spec'] },
            createdAt: at,
          });
          expect(digestOf(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(plan.digest);
        },
      ),
    );
  });
});

describe('assertCurrent', () => {
  const plan = testPlan({ targets: [...planDraft({ targets: 2 }).targets, { id: 't3', from: null }] });

  test('passes when each target runs what the plan saw', () => {
    expect(() =>
      assertCurrent(
        plan,
        new Map([
          ['t1', OLD.id],
          ['t2', OLD.id],
          ['elsewhere', OLD.id],
        ]),
      ),
    ).not.toThrow();
  });

  test('names every target that differs', () => {
    const observed = new Map([
      ['t1', NEW.id],
      ['t3', OLD.id],
    ]);
    expect(() => assertCurrent(plan, observed)).toThrow(StalePlanError);
    try {
      assertCurrent(plan, observed);
    } catch (error) {
      expect((error as StalePlanError).differences).toEqual([
        `t1: the plan saw ${OLD.id}, now ${NEW.id}`,
        `t2: the plan saw ${OLD.id}, now nothing`,
        `t3: the plan saw nothing, now ${OLD.id}`,
      ]);
    }
  });

  test('counts what it does not list', () => {
    expect(() => assertCurrent(testPlan({ targets: 9 }), new Map())).toThrow(/t5: .* and 4 more$/);
  });
});

describe('what cannot be planned', () => {
  test.each(['', '.', '..', 'a b', '../a', 'a/b', 'a\n', '-a', 'a-', 'a..b', 'x'.repeat(65)])(
    'a service called %j',
    (service) => expect(() => makePlan({ ...planDraft(), service })).toThrow(InvalidInputError),
  );

  test.each(['', '1.0/2', '1..2', '1\n', ' 1', '$(id)', '1;2', 'x'.repeat(129)])('version %j', (version) => {
    expect(() => makePlan({ ...planDraft(), release: { ...NEW, version } })).toThrow(InvalidInputError);
  });

  test('a name that would fill the screen is not told in full', () => {
    const make = () => makePlan({ ...planDraft(), release: { ...NEW, version: '1'.repeat(1_000) } });
    expect(make).toThrow(/^"1{128}…" cannot be a version$/);
  });

  test('two targets with one id', () => {
    const targets = [
      { id: 'a', from: null },
      { id: 'b', from: null },
      { id: 'a', from: null },
    ];
    expect(() => testPlan({ targets, steps: [] })).toThrow('two targets have the id "a"');
  });

  test.each(['', 'a\n', 'a\u0000', 'x'.repeat(254)])('a target with the id %j', (id) => {
    expect(() => testPlan({ targets: [{ id, from: null }], steps: [] })).toThrow(InvalidInputError);
  });

  test('a target that runs a release which is not among the previous ones', () => {
    const targets = [{ id: 'a', from: 'unknown-1' }];
    expect(() => testPlan({ targets, steps: [] })).toThrow(
      'target "a" runs unknown-1, which is not among the previous releases',
    );
    expect(() => testPlan({ targets: [{ id: 'a', from: NEW.id }], steps: [] })).not.toThrow();
  });

  const wrongSteps: [string, readonly Step[]][] = [
    ['there is no target "t9"', [{ kind: 'update', targets: ['t9'], mode: 'surge', direction: 'forward' }]],
    ['target "t1" is updated twice', [updateOf(1, 'surge'), updateOf(2, 'surge')]],
    ['a plan only goes forward', [{ kind: 'update', targets: ['t1'], mode: 'surge', direction: 'back' }]],
    ['101 is not 0 to 100 percent', [{ kind: 'shift', percent: 101 }]],
    ['-1 is not 0 to 100 percent', [{ kind: 'shift', percent: -1 }]],
    ['NaN is not 0 to 100 percent', [{ kind: 'shift', percent: Number.NaN }]],
    ['durationMs -1 is not 0 or more', [{ kind: 'bake', durationMs: -1 }]],
    ['durationMs Infinity is not 0 or more', [{ kind: 'bake', durationMs: Infinity }]],
    ['deadlineMs NaN is not 0 or more', [{ kind: 'gate', name: 'go?', deadlineMs: Number.NaN }]],
    ['its command is empty', [{ ...hook('empty'), command: [] }]],
    ['a plan only retires the old', [{ kind: 'retire', side: 'new' }]],
    ['there is no such kind of step', [{ kind: 'dance' } as unknown as Step]],
  ];
  test.each(wrongSteps)('steps: %s', (says, steps) => {
    expect(() => testPlan({ targets: 2, steps })).toThrow(InvalidPlanError);
    expect(() => testPlan({ targets: 2, steps })).toThrow(says);
  });

  test('two releases on one target where only one can run', () => {
    for (const mode of ['surge', 'beside'] as const) {
      expect(() => testPlan({ can: { beside: false }, steps: [updateOf(2, mode)] })).toThrow(/side by side/);
    }
  });

  test('a shift without a router', () => {
    expect(() => testPlan({ can: { routed: false }, steps: [{ kind: 'shift', percent: 10 }] })).toThrow(
      /no router/,
    );
  });

  const wrongPolicies: [keyof Policy, unknown][] = [
    ['concurrency', 0],
    ['concurrency', 1.5],
    ['maxAttempts', 0],
    ['maxFailures', -1],
    ['maxFailuresPerBatch', -1],
    ['maxFailuresPerBatch', 1.5],
    ['maxFailuresPerBatch', '101%'],
    ['maxFailuresPerBatch', 'half'],
    ['minAvailable', Number.NaN],
    ['keepReleases', 0],
    ['backoffMs', -1],
    ['checkIntervalMs', 0],
    ['capacityTimeoutMs', Infinity],
    ['pauseTimeoutMs', Number.NaN],
    ['timeoutsMs', { ...DEFAULT_POLICY.timeoutsMs, probe: 0 }],
  ];
  test.each(wrongPolicies)('a policy with %s %j', (name, value) => {
    expect(() => testPlan({ policy: { [name]: value } })).toThrow(InvalidPlanError);
    expect(() => testPlan({ policy: { [name]: value } })).toThrow(`policy.${name}`);
  });
});

function hook(name: string) {
  return { kind: 'hook', name, command: ['true'], timeoutMs: 1_000 } as const;
}
