import type { DeploymentEvent, DeploymentOutcome } from '../../domain/event.ts';
import type { Outcome } from '../../domain/operation.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Scenario } from './scenario.ts';

/** One thing that happened: in words, or an event of the journal. */
export interface StoryLine {
  /** Virtual milliseconds since the beginning. */
  readonly at: number;
  readonly what: string | { readonly event: DeploymentEvent; readonly plan: Plan };
}

/** What came of one simulation. */
export interface Story {
  readonly seed: number;
  readonly scenario: Scenario;
  /** `null` when it did not end. */
  readonly outcome: DeploymentOutcome | null;
  /** Which promises were broken, and how; empty when all were kept. */
  readonly violations: readonly string[];
  /** How often each kind of fault has struck. */
  readonly faults: ReadonlyMap<string, number>;
  readonly lines: readonly StoryLine[];
  /** Virtual time that the deployment took. */
  readonly tookMs: number;
  /** Times that a controller wrote to the journal. */
  readonly appends: number;
  /** Times that a controller changed the world. */
  readonly effects: number;
  /** What runs where in the end; `null` when it did not end. */
  readonly end: readonly string[] | null;
}

/** The story in plain words: the plan, then everything that happened, in order. */
export function tell(story: Story): string {
  const { plan, trouble } = story.scenario;
  const targets = plan.targets.map(({ id, from, leaving }) => `${id}${leaving ? ' (leaving)' : ''}: ${from}`);
  const { policy, capabilities } = plan;
  return [
    `seed ${story.seed}: ${plan.strategy.name} ${JSON.stringify(plan.strategy.options)} to ${plan.release.id}`,
    `targets ${targets.join(', ')}`,
    `can ${JSON.stringify(capabilities)}`,
    `policy ${JSON.stringify(policy)}`,
    `trouble ${JSON.stringify(trouble)}`,
    ...plan.steps.map((step, index) => `step ${index}: ${JSON.stringify(step)}`),
    '',
    ...story.lines.map(
      ({ at, what }) => `${secondsOf(at)}  ${typeof what === 'string' ? what : wordsOf(what)}`,
    ),
    '',
    `outcome: ${story.outcome ?? 'none'}`,
    ...(story.end ?? []).map((line) => `  ${line}`),
    ...story.violations.map((violation) => `VIOLATED: ${violation}`),
  ].join('\n');
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(9)} s`;
}

function wordsOf({ event, plan }: { event: DeploymentEvent; plan: Plan }): string {
  const { type, at: _at, ...rest } = event;
  const nameOf = (target: number | null) => (target === null ? 'fleet' : plan.targets[target]?.id);
  switch (event.type) {
    case 'deployment-created':
      return '[journal] created';
    case 'operations-started':
      return `[journal] started ${event.intents
        .map(
          (one) => `${one.operation} ${one.side} on ${nameOf(one.target)}${one.recover ? ' (recover)' : ''}`,
        )
        .join(', ')}`;
    case 'operations-finished':
      return `[journal] finished ${event.outcomes
        .map((one) => `${one.operation} on ${nameOf(one.target)}${howItWent(one)}`)
        .join(', ')}`;
    default:
      return `[journal] ${type} ${JSON.stringify(rest)}`;
  }
}

function howItWent({ ok, error, verdict, seen }: Outcome): string {
  const said = verdict === undefined ? '' : ` (${verdict})`;
  const saw = seen === undefined ? '' : ` (saw ${JSON.stringify(seen)})`;
  return `${ok ? '' : ` failed: ${error ?? 'no reason'}`}${said}${saw}`;
}
