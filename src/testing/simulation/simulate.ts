import { Random } from './random.ts';
import { drawScenario, type Scenario, type ScenarioOptions } from './scenario.ts';
import { Simulation } from './simulation.ts';
import type { Story } from './story.ts';
import type { CrashPoint } from './watched-journal.ts';

/**
 * Simulates the deployment of this seed, on virtual time, with the real engine. The same seed gives the same
 * story. Resolves also when promises were broken: see `violations`.
 */
export function simulate(seed: number, options?: ScenarioOptions): Promise<Story> {
  return simulateScenario(scenarioOf(seed, options));
}

/** Simulates one scenario, drawn or written by hand. The same scenario gives the same story. */
export function simulateScenario(scenario: Scenario): Promise<Story> {
  return new Simulation(scenario).run();
}

/**
 * Simulates the calm deployment of this seed once as it is, and once for each time that its controller
 * writes to the journal or changes the world, killed right before or after it. Resolves with all those stories; one that ends
 * otherwise than the undisturbed one has broken a promise.
 */
export async function simulateEveryCrash(seed: number, options?: ScenarioOptions): Promise<Story[]> {
  const scenario = scenarioOf(seed, { ...options, calm: true });
  const undisturbed = await simulateScenario(scenario);
  const stories = [undisturbed];
  for (const crash of crashesOf(undisturbed)) {
    const story = await simulateScenario(withCrash(scenario, crash));
    const same = endOf(story) === endOf(undisturbed);
    const differs = `promise 4, it ends the same wherever its controller is killed: ${crash.moment} ${crash.at} ${crash.nth}`;
    stories.push(same ? story : { ...story, violations: [...story.violations, differs] });
  }
  return stories;
}

function endOf({ outcome, end }: Story): string {
  return JSON.stringify([outcome, end]);
}

function scenarioOf(seed: number, options: ScenarioOptions = {}): Scenario {
  return drawScenario(seed, new Random(seed).fork('scenario'), options);
}

function crashesOf({ appends, effects }: Story): CrashPoint[] {
  return [...crashesAt('append', appends), ...crashesAt('effect', effects)];
}

function crashesAt(at: CrashPoint['at'], times: number): CrashPoint[] {
  return Array.from({ length: times }, (_, index) => index + 1).flatMap((nth) => [
    { at, nth, moment: 'before' as const },
    { at, nth, moment: 'after' as const },
  ]);
}

function withCrash(scenario: Scenario, crash: CrashPoint): Scenario {
  return { ...scenario, trouble: { ...scenario.trouble, crashes: [crash] } };
}
