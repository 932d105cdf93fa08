/** What differs between two deployments: what they brought, how, where, and what came of it. */
import { type Difference, differences, type FileDifferences } from '../domain/differences.ts';
import type { Json } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { DeploymentSummary } from '../domain/summary.ts';

/** One of the two. */
export interface Side {
  readonly summary: DeploymentSummary;
  readonly plan: Plan;
}

export interface Comparison {
  readonly from: Side;
  readonly to: Side;
  /** Each of the two has its own: `null` where they are the same. */
  readonly version: Difference | null;
  readonly release: Difference | null;
  /** Digest of the files. */
  readonly artifact: Difference | null;
  /** By name; `null` where a copy of one of the two releases is not kept any more. */
  readonly files: FileDifferences | null;
  /** Of the release: the command, the environment variables, the names of the secrets. */
  readonly config: readonly Difference[];
  /** The values of secrets are not the same. What they are is nowhere in a journal. */
  readonly secretsChanged: boolean;
  readonly strategy: readonly Difference[];
  readonly policy: readonly Difference[];
  readonly targets: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly outcome: Difference | null;
  /** Milliseconds; it counts for no difference. `null` for one that has not ended. */
  readonly took: { readonly from: number | null; readonly to: number | null };
  readonly differs: boolean;
}

export function compareDeployments(from: Side, to: Side, files: FileDifferences | null): Comparison {
  const [was, is] = [specOf(from.plan), specOf(to.plan)];
  const [left, right] = [wantedIds(from.plan), wantedIds(to.plan)];
  const found = {
    version: one('version', from.summary.version, to.summary.version),
    release: one('release', from.summary.release, to.summary.release),
    artifact: one('artifact', was.content, is.content),
    config: differences(was.config, is.config),
    secretsChanged: was.secrets !== is.secrets,
    strategy: differences(strategyOf(from.plan), strategyOf(to.plan)),
    policy: differences(policyOf(from.plan), policyOf(to.plan)),
    targets: {
      added: [...right].filter((id) => !left.has(id)),
      removed: [...left].filter((id) => !right.has(id)),
    },
    outcome: one('outcome', from.summary.outcome, to.summary.outcome),
  };
  const differs =
    [found.version, found.release, found.artifact, found.outcome].some((part) => part !== null) ||
    [found.config, found.strategy, found.policy, found.targets.added, found.targets.removed].some(
      (part) => part.length > 0,
    ) ||
    found.secretsChanged;
  return { from, to, ...found, files, took: { from: tookOf(from), to: tookOf(to) }, differs };
}

function one(path: string, from: Json, to: Json): Difference | null {
  return from === to ? null : { path, from, to };
}

/** What of a release's spec is artifact, what secret, and what config. A platform without files has no artifact. */
function specOf({ release }: Plan): { content: Json; secrets: Json; config: Json } {
  const { content = null, secretsFingerprint = null, ...config } = release.spec;
  return { content, secrets: secretsFingerprint, config };
}

function strategyOf({ strategy: { name, options } }: Plan): Json {
  return { name, ...options };
}

/** Without what was worked out from the rest, for the case that hosts are away. */
function policyOf({ policy: { leastAvailable: _derived, ...policy } }: Plan): Json {
  return { ...policy };
}

function wantedIds({ targets }: Plan): Set<string> {
  return new Set(targets.filter(({ leaving }) => leaving !== true).map(({ id }) => id));
}

function tookOf({ summary: { createdAt, endedAt } }: Side): number | null {
  return endedAt === null ? null : endedAt - createdAt;
}
