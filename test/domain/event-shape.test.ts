import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { OUTCOMES, SIGNALS } from '../../src/domain/event.ts';
import { isEventType, wrongFieldOfEvent } from '../../src/domain/event-shape.ts';
import { countAvailable, fold } from '../../src/domain/evolve.ts';
import { FLEET_OPERATIONS, TARGET_OPERATIONS } from '../../src/domain/operation.ts';
import { JournalError } from '../../src/errors.ts';
import { examplePlan } from '../../src/testing/journal-fixtures.ts';

const at = fc.nat();
const text = fc.string({ maxLength: 5 });
const index = fc.nat(5);
const cause = fc.record({ kind: fc.constantFrom('failure' as const, 'abort' as const), message: text });
const operation = fc.constantFrom(...TARGET_OPERATIONS, ...FLEET_OPERATIONS);
const target = fc.option(index, { nil: null });
const side = fc.constantFrom('new' as const, 'old' as const);
const seen = fc.array(fc.record({ target: index, old: fc.boolean(), new: fc.boolean() }), { maxLength: 2 });
const outcome = fc.record(
  { target, operation, ok: fc.boolean(), tookMs: at, verdict: fc.constantFrom('pass', 'fail'), seen },
  { requiredKeys: ['target', 'operation', 'ok', 'tookMs'] },
);
const step = fc.constantFrom(
  { kind: 'verify' as const },
  {
    kind: 'update' as const,
    targets: ['api.1', 'nobody'],
    mode: 'in-place' as const,
    direction: 'back' as const,
  },
);
const signal = fc.record({ signal: fc.constantFrom(...SIGNALS), by: text });

/** Any event whose shape is right, whether it makes sense where it stands or not. */
const event = fc.oneof(
  fc.record({ type: fc.constant('deployment-started'), at, unhealthy: fc.array(index, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('controller-changed'), at, controller: text, epoch: at }),
  fc.record({ type: fc.constant('step-started'), at, step: index }),
  fc.record({
    type: fc.constant('operations-started'),
    at,
    intents: fc.array(fc.record({ target, operation, side, attempt: index }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('operations-finished'), at, outcomes: fc.array(outcome, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('step-finished'), at, step: index }),
  fc.record({ type: fc.constant('step-failed'), at, step: index, cause }),
  fc.record({ type: fc.constant('signal-received'), at, id: at, signal }),
  fc.record({ type: fc.constant('paused'), at, cause }),
  fc.record({ type: fc.constant('rollback-started'), at, cause, steps: fc.array(step, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('deployment-finished'), at, outcome: fc.constantFrom(...OUTCOMES) }),
) as fc.Arbitrary<DeploymentEvent>;

describe('events that somebody else wrote', () => {
  test('of the right shape, in any order: they give a state that agrees with itself, or a JournalError', () => {
    let states = 0;
    const created = { type: 'deployment-created', at: 0, plan: examplePlan(), by: 'ann' } as const;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        for (const one of events) expect(wrongFieldOfEvent(one.type, one)).toBeNull();
        try {
          const state = fold('api-1', [created, ...events]);
          states += 1;
          expect(state.seq).toBe(events.length + 1);
          expect(state.available).toBe(countAvailable(state));
          expect(state.targets.length).toBe(created.plan.targets.length);
        } catch (error) {
          if (!(error instanceof JournalError)) throw error;
          expect(error.message).toMatch(/^The journal of api-1 /);
          expect(error.remedy).toContain('backup');
        }
      }),
      { numRuns: 400 },
    );
    expect(states).toBeGreaterThan(20);
  });

  test('of any shape: told by the name of the field, never by an exception', () => {
    const types = ['deployment-created', 'paused', 'step-failed', 'operations-finished', 'signal-received'];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.object({ withNullPrototype: true }), (type, fields) => {
        if (!isEventType(type)) throw new Error(type);
        expect(wrongFieldOfEvent(type, { ...fields, type })).toMatch(/^[a-zA-Z]+$/);
      }),
    );
  });

  test('of a type that is a word of the language', () => {
    for (const type of ['constructor', '__proto__', 'toString', '']) expect(isEventType(type)).toBe(false);
  });

  test('a field that is missing, or of another kind, is found at any depth', () => {
    const created = { type: 'deployment-created', at: 0, by: 'ann', plan: examplePlan() };
    expect(wrongFieldOfEvent('deployment-created', created)).toBeNull();
    const plan = { ...created.plan, targets: [{ id: 7, from: null }] };
    expect(wrongFieldOfEvent('deployment-created', { ...created, plan })).toBe('plan');
    expect(wrongFieldOfEvent('paused', { at: Number.NaN, cause: {} })).toBe('at');
    expect(wrongFieldOfEvent('paused', { at: 1e300, cause: {} })).toBe('at');
    const evidence = { log: ['a', 1] };
    const failed = { at: 1, step: 0, cause: { kind: 'failure', message: 'x', evidence } };
    expect(wrongFieldOfEvent('step-failed', failed)).toBe('cause');
  });
});
