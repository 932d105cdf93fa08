/** Errors as a server tells them (RFC 9457), made into what they were there: whoever catches them sees no difference. */
import {
  DeploymentNotFoundError,
  FencedError,
  InvalidInputError,
  InvalidPlanError,
  InvalidPlanStateError,
  LeaseHeldError,
  OperationError,
  SignalRefusedError,
  SluiceError,
  type SluiceErrorOptions,
  StalePlanError,
} from '../errors.ts';

/** What of a problem is read here. Whatever is missing or of another kind is left out. */
interface Problem {
  readonly detail: string;
  readonly code: string;
  readonly options: SluiceErrorOptions;
  readonly more: Readonly<Record<string, unknown>>;
}

/** A server that refuses who asks, cannot be reached, or says what nobody understands. */
export class ServerError extends SluiceError {
  readonly code = 'SERVER';
  /** HTTP status; `null` when there was no answer. */
  readonly status: number | null;
  constructor(message: string, status: number | null, options?: SluiceErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

type Make = (problem: Problem) => SluiceError;

const KINDS: Readonly<Record<string, Make>> = {
  INVALID_INPUT: ({ detail, options }) => new InvalidInputError(detail, options),
  INVALID_PLAN: ({ detail, options }) => new InvalidPlanError(detail, options),
  STALE_PLAN: ({ detail, options, more }) => new StalePlanError(detail, texts(more.differences), options),
  INVALID_PLAN_STATE: ({ detail, options, more }) =>
    new InvalidPlanStateError(detail, text(more.state), null, options),
  LEASE_HELD: ({ detail, options, more }) => {
    const held = { holder: text(more.holder), since: Number(more.since ?? 0), doing: text(more.doing) };
    return new LeaseHeldError(detail, held, options);
  },
  FENCED: ({ detail, options }) => new FencedError(detail, options),
  DEPLOYMENT_NOT_FOUND: ({ detail, options }) => new DeploymentNotFoundError(detail, options),
  SIGNAL_REFUSED: ({ detail, options }) => new SignalRefusedError(detail, options),
  OPERATION: ({ detail, options, more }) =>
    new OperationError(detail, {
      ...options,
      retryable: false,
      ...(isObject(more.evidence) ? { evidence: more.evidence } : {}),
    }),
};

/** @param body the answer's JSON, or whatever it was */
export function errorOf(status: number, body: unknown): SluiceError {
  const more = isObject(body) ? body : {};
  const detail = text(more.detail) || text(more.title) || `the server answered ${status}`;
  const remedy = text(more.remedy) || remedyFor(status);
  const options = remedy === '' ? {} : { remedy };
  const make = KINDS[text(more.code)];
  return make === undefined
    ? new ServerError(detail, status, options)
    : make({ detail, code: text(more.code), options, more });
}

function remedyFor(status: number): string {
  if (status === 401)
    return 'Set SLUICE_TOKEN to a token of that server: `sluice token create` makes one there.';
  return status === 403 ? 'Ask an admin of that server for a token with the role.' : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
