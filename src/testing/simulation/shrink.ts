import type { Trouble } from './draw-trouble.ts';
import type { Scenario } from './scenario.ts';
import { simulateScenario } from './simulate.ts';
import type { Story } from './story.ts';

const LISTS = [
  'calls',
  'sicknesses',
  'crashes',
  'kills',
  'jumps',
  'freezes',
  'absences',
  'rivals',
  'signals',
] as const;

/**
 * The same story with as little in its way as still breaks one of the promises that it breaks: takes away
 * one trouble after the other for as long as that can be done. Resolves with the story itself when it breaks none.
 */
export async function shrink(story: Story): Promise<Story> {
  const promises = new Set(story.violations.map(promiseOf));
  let smallest = story;
  for (;;) {
    const smaller = await firstThatBreaks(promises, simpler(smallest.scenario));
    if (smaller === null) return smallest;
    smallest = smaller;
  }
}

async function firstThatBreaks(
  promises: ReadonlySet<string>,
  scenarios: Iterable<Scenario>,
): Promise<Story | null> {
  for (const scenario of scenarios) {
    const story = await simulateScenario(scenario);
    if (story.violations.some((violation) => promises.has(promiseOf(violation)))) return story;
  }
  return null;
}

/** Every scenario with one trouble less. */
function* simpler(scenario: Scenario): Iterable<Scenario> {
  for (const trouble of lighter(scenario.trouble)) yield { ...scenario, trouble };
}

function* lighter(trouble: Trouble): Iterable<Trouble> {
  for (const name of LISTS) {
    for (const index of trouble[name].keys()) {
      yield { ...trouble, [name]: trouble[name].filter((_, other) => other !== index) };
    }
  }
  if (trouble.whenKilled !== null) yield { ...trouble, whenKilled: null };
}

/** `promise 3` of "promise 3, after an abort nothing moves …". */
function promiseOf(violation: string): string {
  return violation.slice(0, violation.indexOf(','));
}
