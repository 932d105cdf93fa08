/**
 * The port of a router: how traffic is divided between releases. Every operation is an *ensure*.
 *
 * A service's pool holds backends. Without a split each backend gets an equal share. With a split, the named
 * release gets `percent` of the requests, divided equally among its backends, and all others the rest. A
 * side that has no backend gets nothing; the other then gets everything.
 */
import type { OperationContext } from '../domain/operation.ts';
import type { Address } from '../domain/target.ts';

export interface Backend {
  readonly target: string;
  /** Release id. */
  readonly release: string;
  readonly address: Address;
}

export interface Split {
  /** Release id. */
  readonly release: string;
  /** 0 to 100. */
  readonly percent: number;
}

export interface BackendStatus extends Backend {
  readonly draining: boolean;
  readonly inFlight: number;
  /** Requests answered since the backend was admitted; `null` where the load balancer does not count them. */
  readonly requests: number | null;
}

export interface RouteStatus {
  readonly backends: readonly BackendStatus[];
  readonly split: Split | null;
}

export interface Router {
  readonly name: string;

  /** Puts the backend into the service's pool, or changes its address; `split` holds from then on. */
  admit(service: string, backend: Backend, split: Split | null, context: OperationContext): Promise<void>;

  /**
   * Takes the backend of this target and release out: no new requests go to it. Resolves when none is in
   * flight, or when the drain timeout of the router has passed, and tells how many were cut off then.
   */
  drain(
    service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ readonly abandoned: number }>;

  /** Sets the split. */
  shift(service: string, split: Split | null, context: OperationContext): Promise<void>;

  /** The pool as it is now. */
  inspect(service: string, context: OperationContext): Promise<RouteStatus>;
}
