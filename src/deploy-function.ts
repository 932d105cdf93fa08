/**
 * Deployments through a deploy function: what stands behind the specification's classes. One engine run
 * with a journal in memory, on the targets that were handed in.
 */
import { createHash } from 'node:crypto';
import { systemClock } from './domain/clock.ts';
import type { DeploymentOutcome } from './domain/event.ts';
import { makePlan } from './domain/make-plan.ts';
import { sentenceOf } from './domain/outcome.ts';
import type { Capabilities, Plan, PlannedTarget } from './domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from './domain/policy.ts';
import { type Release, releaseId } from './domain/release.ts';
import type { DeploymentState as EngineState } from './domain/state.ts';
import { Engine } from './engine/engine.ts';
import type { HealthJudge } from './health/health-check.ts';
import { CommandHookRunner } from './hooks/command-hook-runner.ts';
import type { Journal } from './journal/journal.ts';
import { MemoryJournal } from './journal/memory/memory-journal.ts';
import {
  type DeployFunction,
  type DeploymentTarget,
  FunctionPlatform,
} from './platforms/function/function-platform.ts';
import type { Strategy } from './strategies/strategy.ts';

/** What came of a deployment, in the words of the specification. */
export interface DeploymentResult {
  readonly success: boolean;
  /** Ids of the targets that run the new version. */
  readonly targetsUpdated: readonly string[];
  /** Ids of the targets that failed. */
  readonly targetsFailed: readonly string[];
  readonly durationMs: number;
  readonly state: DeploymentOutcome;
  /** One sentence a failure, the cause of a rollback first. */
  readonly errors: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface FunctionPlanRequest {
  readonly service: string;
  readonly version: string;
  readonly targets: readonly DeploymentTarget[];
  readonly strategy: Strategy;
  /** There is something to ask in a bake and in the verify step. */
  readonly checked: boolean;
  readonly policy?: Partial<Policy>;
}

/**
 * A deploy function is called once a target: it is the user's to say whether it may be repeated. And nobody can
 * give such a deployment a signal, so that a pause would only be a delay.
 */
const POLICY: Policy = { ...DEFAULT_POLICY, maxAttempts: 1, pauseTimeoutMs: 0 };

/** Plans a deployment through a deploy function. Pure but for the time of day. */
export function planForFunction(request: FunctionPlanRequest): Plan {
  const { service, version, targets, strategy } = request;
  const releases = new Releases(service);
  const previous: Record<string, Release> = {};
  const planned = targets.map((target): PlannedTarget => {
    if (target.version === undefined) return { id: target.id, from: null };
    const release = releases.of(target.version);
    previous[release.id] = release;
    return { id: target.id, from: release.id };
  });
  const can: Capabilities = {
    beside: false,
    routed: false,
    staged: false,
    probed: false,
    checked: request.checked,
  };
  const ids = targets.map((target) => target.id);
  const first = planned.every((target) => target.from === null);
  return makePlan({
    service,
    environment: 'default',
    release: releases.of(version),
    previous,
    targets: planned,
    strategy: { name: strategy.name, options: strategy.options },
    steps: strategy.steps({ targets: ids, first, can }),
    hooksOnFailure: [],
    capabilities: can,
    policy: { ...POLICY, ...request.policy },
    createdAt: systemClock.now(),
  });
}

/** Executes such a plan; resolves with its result, also when it failed. */
export async function executeThroughFunction(
  plan: Plan,
  targets: readonly DeploymentTarget[],
  deployFn: DeployFunction,
  health: HealthJudge | null,
  metadata: Readonly<Record<string, unknown>>,
  journal: Journal = new MemoryJournal(),
): Promise<DeploymentResult> {
  const releases = new Releases(plan.service);
  const platform = new FunctionPlatform(targets, deployFn, (version) => releases.of(version));
  const hooks = new CommandHookRunner(process.cwd());
  const ports = { journal, platform, router: null, health, hooks, clock: systemClock };
  const engine = new Engine(ports, { holder: `pid ${process.pid}` });
  return resultOf(await engine.execute(plan, 'library'), metadata);
}

/** The default deploy function: nothing to do, and it always succeeds. */
export function deployNothing(): boolean {
  return true;
}

function resultOf(state: EngineState, metadata: Readonly<Record<string, unknown>>): DeploymentResult {
  const targetsUpdated: string[] = [];
  const targetsFailed: string[] = [];
  const errors = state.cause === null ? [] : [sentenceOf(state.cause)];
  let index = 0;
  for (const target of state.targets) {
    const id = state.plan.targets[index++]?.id as string;
    if (target.new === 'serving') targetsUpdated.push(id);
    if (target.failure === null) continue;
    targetsFailed.push(id);
    const sentence = sentenceOf(target.failure);
    if (!errors.includes(sentence)) errors.push(sentence);
  }
  return {
    success: state.outcome === 'completed' && targetsFailed.length === 0,
    targetsUpdated,
    targetsFailed,
    durationMs: (state.endedAt ?? 0) - (state.startedAt ?? 0),
    state: state.outcome ?? 'failed',
    errors,
    metadata,
  };
}

/** The releases of a service whose versions are all that is known of them. */
class Releases {
  readonly #service: string;
  readonly #known = new Map<string, Release>();

  constructor(service: string) {
    this.#service = service;
  }

  of(version: string): Release {
    const known = this.#known.get(version);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(`${this.#service}\n${version}`).digest('hex');
    const release = { id: releaseId(version, digest), service: this.#service, version, digest, spec: {} };
    this.#known.set(version, release);
    return release;
  }
}
