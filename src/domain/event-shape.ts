/**
 * What events have to look like to be folded, for those that come from outside: a journal that somebody edited,
 * that was damaged, or that another Sluice wrote. It looks at shapes only; `fold` sees whether one fits the next.
 */
import { type Cause, type DeploymentEventType, OUTCOMES, SIGNALS } from './event.ts';
import { FLEET_OPERATIONS, TARGET_OPERATIONS } from './operation.ts';
import type { StepKind } from './step.ts';

/** Whether a value is what it should be. */
type Is = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Is>>;

const CAUSES = {
  failure: true,
  abort: true,
  pause: true,
  rejected: true,
  deadline: true,
  inconclusive: true,
} as const satisfies Record<Cause['kind'], true>;
/** Beyond it, a time is none that a calendar knows. */
const LATEST_MS = 8.64e15;

const isText: Is = (value) => typeof value === 'string';
const isFlag: Is = (value) => typeof value === 'boolean';
const isNumber: Is = (value) => typeof value === 'number';
const isTime: Is = (value) => typeof value === 'number' && Math.abs(value) <= LATEST_MS;
const isCount: Is = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isMapping: Is = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const oneOf =
  (words: readonly string[]): Is =>
  (value) =>
    words.includes(value as string);
const listOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is);
const orNone =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value);
const orNull =
  (is: Is): Is =>
  (value) =>
    value === null || is(value);
const has =
  (fields: Fields): Is =>
  (value) =>
    isMapping(value) && wrongField(value as object, fields) === null;

const isEvidence = has({
  probe: orNone(isText),
  exitCode: orNone(isNumber),
  signal: orNone(isText),
  log: orNone(listOf(isText)),
});
const isCause = has({
  kind: oneOf(Object.keys(CAUSES)),
  message: isText,
  target: orNone(isText),
  evidence: orNone(isEvidence),
  unreachable: orNone(isFlag),
});
const isRelease = has({ id: isText, service: isText, version: isText, digest: isText, spec: isMapping });
const isOperation = oneOf([...TARGET_OPERATIONS, ...FLEET_OPERATIONS]);
const isSide = oneOf(['new', 'old']);

const STEPS: Readonly<Record<StepKind, Is>> = {
  stage: isMapping,
  update: has({
    targets: listOf(isText),
    mode: oneOf(['in-place', 'surge', 'beside']),
    direction: oneOf(['forward', 'back']),
  }),
  shift: has({ percent: isNumber }),
  bake: has({ durationMs: isNumber }),
  gate: has({
    name: isText,
    deadlineMs: isNumber,
    approvals: orNone(isCount),
    approvers: orNone(listOf(isText)),
  }),
  hook: has({ name: isText, command: listOf(isText), timeoutMs: isNumber }),
  verify: isMapping,
  retire: has({ side: isSide }),
};
const isStep: Is = (value) => {
  const { kind } = (value ?? {}) as { readonly kind?: unknown };
  return typeof kind === 'string' && Object.hasOwn(STEPS, kind) && STEPS[kind as StepKind](value);
};

const isPlan = has({
  service: isText,
  environment: isText,
  release: isRelease,
  previous: (value) => isMapping(value) && Object.values(value as object).every(isRelease),
  targets: listOf(has({ id: isText, from: orNull(isText), leaving: orNone(isFlag) })),
  strategy: has({ name: isText, options: isMapping }),
  steps: listOf(isStep),
  hooksOnFailure: listOf(isStep),
  capabilities: has({ beside: isFlag, routed: isFlag, staged: isFlag, probed: isFlag, checked: isFlag }),
  policy: has({ onFailure: oneOf(['rollback', 'pause', 'stop']), timeoutsMs: isMapping }),
  createdAt: isTime,
  digest: isText,
});

const isSignal = has({
  signal: oneOf(SIGNALS),
  by: isText,
  reason: orNone(isText),
  full: orNone(isFlag),
  digest: orNone(isText),
});

const isOutcome = has({
  target: orNull(isCount),
  operation: isOperation,
  ok: isFlag,
  tookMs: isNumber,
  verdict: orNone(oneOf(['pass', 'fail', 'inconclusive'])),
  seen: orNone(listOf(has({ target: isCount, old: isFlag, new: isFlag, unreachable: orNone(isText) }))),
  error: orNone(isText),
  evidence: orNone(isEvidence),
  retryable: orNone(isFlag),
  unreachable: orNone(isFlag),
});

const EVENTS: Readonly<Record<DeploymentEventType, Fields>> = {
  'deployment-created': { plan: isPlan, by: isText },
  'deployment-started': {
    unhealthy: listOf(isCount),
    unreachable: orNone(listOf(has({ target: isCount, error: isText }))),
  },
  'controller-changed': { controller: isText, epoch: isCount },
  'step-started': { step: isCount },
  'operations-started': {
    intents: listOf(has({ target: orNull(isCount), operation: isOperation, side: isSide, attempt: isCount })),
  },
  'operations-finished': { outcomes: listOf(isOutcome) },
  'step-finished': { step: isCount, note: orNone(isText) },
  'step-failed': { step: isCount, cause: isCause },
  'signal-received': { id: isCount, signal: isSignal, refused: orNone(isText) },
  paused: { cause: isCause },
  'rollback-started': { cause: isCause, steps: listOf(isStep) },
  stopped: { cause: isCause, steps: listOf(isStep) },
  'deployment-finished': { outcome: oneOf(OUTCOMES), cause: orNone(isCause) },
};

export function isEventType(type: string): type is DeploymentEventType {
  return Object.hasOwn(EVENTS, type);
}

/** The name of the first field of an event of this type that is missing or not what it should be; `null` for none. */
export function wrongFieldOfEvent(type: DeploymentEventType, event: object): string | null {
  return wrongField(event, { at: isTime, ...EVENTS[type] });
}

/** True for what a person, or a system, may ask of a deployment. */
export function isSignalShape(value: unknown): boolean {
  return isSignal(value);
}

export function isPlanShape(value: unknown): boolean {
  return isPlan(value);
}

function wrongField(value: object, fields: Fields): string | null {
  for (const [name, is] of Object.entries(fields)) {
    if (!is((value as Readonly<Record<string, unknown>>)[name])) return name;
  }
  return null;
}
