import { type GateStanding, gateOf } from '../domain/gate.ts';
import type { DeploymentState } from '../domain/state.ts';

/** A deployment as `--json` prints it. */
export function outcomeJson(state: DeploymentState): Record<string, unknown> {
  const { plan } = state;
  return {
    deployment: state.id,
    service: plan.service,
    environment: plan.environment,
    version: plan.release.version,
    release: plan.release.id,
    strategy: plan.strategy.name,
    phase: state.phase,
    direction: state.direction,
    outcome: state.outcome,
    cause: state.cause,
    gate: gateJson(gateOf(state)),
    startedAt: isoTime(state.startedAt),
    endedAt: isoTime(state.endedAt),
    targets: plan.targets.map((target, index) => ({
      id: target.id,
      from: target.from,
      ...state.targets.get(index),
    })),
  };
}

/** How a gate stands; `null` where the deployment stands at none. */
export function gateJson(gate: GateStanding | null): Record<string, unknown> | null {
  if (gate === null) return null;
  const { question, needed, approvals, approvers, deadline } = gate;
  return { question, needed, approvals, approvers, deadline: isoTime(deadline) };
}

export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
