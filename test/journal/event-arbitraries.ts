import * as fc from 'fast-check';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Json } from '../../src/domain/json.ts';
import { examplePlan } from '../../src/testing/journal-fixtures.ts';

/** Objects as programs make them: without it some have no prototype. */
const PLAIN = { noNullPrototype: true } as const;

/** Any text: quotes, newlines, zero bytes, emoji, and halves of surrogate pairs. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('', '\n', '\u2028', '\0', '"\\', "'; DROP TABLE event; --", '\ud800', '👩‍🚀'),
);

/** Any number that JSON has; it writes -0 as 0. */
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);

/** Any time that a calendar knows. */
const time = fc.double({ noNaN: true, min: -8.64e15, max: 8.64e15 }).map((value) => value + 0);

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(text, tie('json'), { maxKeys: 3, ...PLAIN }),
  ),
}));

const outcome = fc.record(
  {
    target: fc.option(fc.nat(), { nil: null }),
    operation: fc.constantFrom('stage', 'probe', 'hook'),
    ok: fc.boolean(),
    tookMs: number,
    error: text,
    evidence: fc.record({ probe: text, log: fc.array(text, { maxLength: 3 }) }, PLAIN),
  },
  PLAIN,
);

/** Events with every kind of content that may come from outside: text, numbers, nested JSON. */
export const anyEvent: fc.Arbitrary<DeploymentEvent> = fc.oneof(
  fc.record({ type: fc.constant('step-finished'), at: time, step: fc.nat(), note: text }, PLAIN),
  fc.record(
    { type: fc.constant('operations-finished'), at: time, outcomes: fc.array(outcome, { maxLength: 3 }) },
    PLAIN,
  ),
  fc.record({ type: fc.constant('controller-changed'), at: time, controller: text, epoch: fc.nat() }, PLAIN),
  fc.tuple(time, text, fc.dictionary(text, json, { maxKeys: 3, ...PLAIN })).map(([at, by, spec]) => {
    const plan = examplePlan();
    const release = { ...plan.release, spec };
    return { type: 'deployment-created' as const, at, by, plan: { ...plan, release } };
  }),
);
