/**
 * What is said between a client and the supervisor: JSON over HTTP over a Unix socket. `GET /` says who
 * answers, in every version alike; `POST /<method>` calls one of the methods below. The supervisor checks what
 * it is given, by `protocol-schema.ts`; its answers are believed by who has seen that it speaks this protocol.
 */
import { createHash } from 'node:crypto';
import type { Address } from '../domain/target.ts';
import type { Evidence } from '../errors.ts';
import type { ServiceRouteOptions } from '../routers/embedded/service-route.ts';
import type { ServiceStats } from '../routers/embedded/service-stats.ts';
import type { Backend, RouteStatus, Split } from '../routers/router.ts';

/** Grows with every change after which an older client and a newer supervisor would misunderstand each other. */
export const PROTOCOL = 1;

/** The header of a call that says under which lease it is made: epoch and since, with a space between. */
export const LEASE_HEADER = 'x-sluice-lease';

/** The file in the state folder that tells where the supervisor listens. */
export const ADDRESS_FILE = 'supervisor.json';

const SAFE_FILE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

/** What a target is called in paths of the state folder: its id where that is safe, else a part of it and a digest. */
export function targetFileName(id: string): string {
  if (SAFE_FILE_NAME.test(id)) return id;
  const legible = id.replaceAll(/[^a-zA-Z0-9]+/g, '-').slice(0, 40);
  return `${legible}~${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

/** One instance: a release of a service on a target. */
export interface InstanceKey {
  readonly service: string;
  readonly target: string;
  /** Release id. */
  readonly release: string;
}

/** Everything that is needed to start an instance, now and after any crash. */
export interface ProcessSpec extends InstanceKey {
  readonly version: string;
  /** Where it runs: the release's own copy. Absolute. */
  readonly folder: string;
  readonly command: string | readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A JSON file with more of the environment, read at each start, so that no secret is ever sent or kept here. */
  readonly secretsFile: string | null;
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
}

/** How an instance ended the last time it did. */
export interface ProcessExit {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Both `null` when nobody was there to see it end. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started at all. */
  readonly error: string | null;
  /** The last lines of its log then, oldest first. */
  readonly log: readonly string[];
}

export interface ProcessStatus extends InstanceKey {
  /** `starting` also while it waits to be started again after a crash. */
  readonly state: 'starting' | 'running' | 'stopping';
  readonly port: number;
  readonly pid: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** Times it crashed and was started again since it was last asked to be started. */
  readonly restarts: number;
  readonly lastExit: ProcessExit | null;
}

type Nothing = Readonly<Record<string, never>>;

/** Method to what it takes and what it gives. All of them are *ensures*: they may be called again. */
export interface Methods {
  /** Starts the instance unless it runs. Fails when its program cannot be started. */
  readonly start: { input: ProcessSpec; output: ProcessStatus };
  /** Stops the instance; answers when nothing of it lives. */
  readonly stop: { input: InstanceKey; output: Nothing };
  /** Instances of one service, or all. */
  readonly inspect: { input: { readonly service: string | null }; output: ProcessStatus[] };
  /** Takes the service's route away and stops all its instances. */
  readonly stopService: { input: { readonly service: string }; output: Nothing };
  /** Ends the supervisor. What it runs goes on unless it is told to stop it. */
  readonly shutdown: { input: { readonly stopProcesses: boolean }; output: Nothing };
  /** Makes the service reachable; answers where. */
  readonly configureRoute: { input: { readonly route: ServiceRouteOptions }; output: Address };
  readonly removeRoute: { input: { readonly service: string }; output: Nothing };
  /** Where the service can be reached, and what was counted; `null` where the router does not know it. */
  readonly describeRoute: {
    input: { readonly service: string };
    output: { readonly address: Address | null; readonly stats: ServiceStats | null };
  };
  readonly admit: {
    input: { readonly service: string; readonly backend: Backend; readonly split: Split | null };
    output: Nothing;
  };
  readonly drain: { input: InstanceKey; output: { readonly abandoned: number } };
  readonly shift: { input: { readonly service: string; readonly split: Split | null }; output: Nothing };
  readonly inspectRoute: { input: { readonly service: string }; output: RouteStatus };
}

export type Method = keyof Methods;
export type Input<M extends Method> = Methods[M]['input'];
export type Output<M extends Method> = Methods[M]['output'];

/** The answer to `GET /`. */
export interface Greeting {
  readonly protocol: number;
  readonly pid: number;
}

/** The body of an answer that is not 200. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly retryable?: boolean;
  readonly evidence?: Evidence;
}
