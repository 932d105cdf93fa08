import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { before, ROLLBACK, releaseLine } from '../../src/domain/release-line.ts';
import { expired, type History, type RetentionRules } from '../../src/domain/retention.ts';
import type { DeploymentSummary } from '../../src/domain/summary.ts';

const DAY_MS = 86_400_000;
const NOW = 1_000 * DAY_MS;

type Told = readonly [
  release: string,
  ended: DeploymentSummary['outcome'],
  strategy?: string,
  daysAgo?: number,
];

/** Told oldest first; comes newest first, as the journal lists them. `api-1` is the oldest. */
function deployments(...told: readonly Told[]): DeploymentSummary[] {
  return told
    .map(([release, outcome, strategy = 'rolling', daysAgo = 0], index): DeploymentSummary => {
      const at = NOW - daysAgo * DAY_MS;
      return {
        id: `api-${index + 1}`,
        service: 'api',
        environment: 'production',
        version: release,
        release,
        strategy,
        plan: `plan of api-${index + 1}`,
        targets: 1,
        by: 'ann',
        createdAt: at,
        endedAt: outcome === null ? null : at,
        phase: outcome === null ? 'running' : 'ended',
        outcome,
        reason: null,
        seq: 2,
      };
    })
    .toReversed();
}

function left(history: readonly DeploymentSummary[], rules: Partial<RetentionRules>, running: string[] = []) {
  const full: History = { deployments: history, plans: [], running: new Set(running) };
  const gone = expired(full, { keep: 1, maxAgeMs: 30 * DAY_MS, keepReleases: 1, ...rules }, NOW).deployments;
  return history.filter((one) => !gone.includes(one)).map(({ id }) => id);
}

describe('what is kept', () => {
  test('the newest, by count', () => {
    const history = deployments(
      ['a', 'completed'],
      ['b', 'completed'],
      ['c', 'completed'],
      ['d', 'completed'],
    );
    expect(left(history, { keep: 2 })).toEqual(['api-4', 'api-3']);
    expect(left(history, { keep: 9 })).toEqual(['api-4', 'api-3', 'api-2', 'api-1']);
  });

  test('what is not too old; the last good one however old it is', () => {
    const history = deployments(
      ['a', 'completed', 'rolling', 90],
      ['b', 'completed', 'rolling', 60],
      ['c', 'failed', 'rolling', 40],
      ['d', 'failed', 'rolling', 30],
    );
    expect(left(history, { keep: 100 })).toEqual(['api-4', 'api-2']);
  });

  test('the good releases that a rollback may go to, over those that failed', () => {
    const history = deployments(
      ['a', 'completed'],
      ['b', 'completed'],
      ['c', 'rolled-back'],
      ['d', 'completed'],
      ['e', 'aborted'],
    );
    expect(left(history, { keepReleases: 2 })).toEqual(['api-5', 'api-4', 'api-2']);
    expect(left(history, { keepReleases: 3 })).toEqual(['api-5', 'api-4', 'api-2', 'api-1']);
  });

  test('what has not ended, however old and however many came after it', () => {
    const history = deployments(['a', null, 'rolling', 99], ['b', 'completed'], ['c', 'completed']);
    expect(left(history, {})).toEqual(['api-3', 'api-1']);
  });

  test('what put there what runs, also when it failed', () => {
    const history = deployments(['a', 'completed'], ['b', 'failed'], ['c', 'completed'], ['d', 'completed']);
    expect(left(history, {}, ['b'])).toEqual(['api-4', 'api-2']);
  });

  test('the rollback that took a kept release off the line', () => {
    const history = deployments(
      ['a', 'completed'],
      ['b', 'completed'],
      ['a', 'completed', ROLLBACK],
      ['c', 'completed'],
      ['d', 'completed'],
    );
    // Among the three newest releases of those that completed is `a`, and with it comes how it got there.
    expect(left(history, { keepReleases: 3 })).toEqual(['api-5', 'api-4', 'api-3', 'api-1']);
    expect(left(history, { keepReleases: 4 })).toEqual(['api-5', 'api-4', 'api-3', 'api-2', 'api-1']);
  });

  test('saved plans that are young, or of a kept deployment', () => {
    const saved = (digest: string, daysAgo: number) => ({
      digest,
      version: '1.0.0',
      createdAt: NOW - daysAgo * DAY_MS,
    });
    const plans = [
      saved('young', 1),
      saved('old', 31),
      saved('plan of api-2', 99),
      saved('plan of api-1', 99),
    ];
    const history = deployments(['a', 'completed'], ['b', 'completed']);
    const rules = { keep: 1, maxAgeMs: 30 * DAY_MS, keepReleases: 1 };
    const gone = expired({ deployments: history, plans, running: new Set() }, rules, NOW);
    expect(gone.plans.map(({ digest }) => digest)).toEqual(['old', 'plan of api-1']);
    expect(gone.deployments.map(({ id }) => id)).toEqual(['api-1']);
  });
});

const anyDeployment = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  fc.constantFrom('completed', 'completed', 'completed', 'failed', 'rolled-back', null),
  fc.constantFrom('rolling', ROLLBACK),
  fc.integer({ min: 0, max: 60 }),
);

/** The releases that one `sluice rollback` after the other goes to, each as the deployment that told it. */
function wayBack(history: readonly DeploymentSummary[], steps: number): string[] {
  const completed = history.filter(({ outcome }) => outcome === 'completed').toReversed();
  const way: string[] = [];
  for (let step = 0; step < steps; step++) {
    const current = completed.at(-1);
    const target = current === undefined ? null : before(releaseLine(completed), current.release);
    if (target === null) return way;
    way.push(target.release);
    completed.push({ ...target, id: `again-${step}`, strategy: ROLLBACK });
  }
  return way;
}

function newestGood(history: readonly DeploymentSummary[], version: string): string | undefined {
  return history.find((one) => one.outcome === 'completed' && one.version === version)?.id;
}

test('whatever the history, what could be gone back to still can be, in the same order', () => {
  fc.assert(
    fc.property(
      fc.array(anyDeployment, { maxLength: 40 }),
      fc.record({ keep: fc.integer({ min: 1, max: 12 }), keepReleases: fc.integer({ min: 1, max: 6 }) }),
      fc.integer({ min: 1, max: 60 }),
      fc.subarray(['a', 'b', 'c', 'd', 'e']),
      (told, counts, days, running) => {
        // Older ones are at the beginning.
        const inOrder = told.toSorted((x, y) => y[3] - x[3]);
        const history = deployments(...inOrder);
        const rules = { ...counts, maxAgeMs: days * DAY_MS };
        const { deployments: gone } = expired(
          { deployments: history, plans: [], running: new Set(running) },
          rules,
          NOW,
        );
        const kept = history.filter((one) => !gone.includes(one));

        expect(wayBack(kept, rules.keepReleases - 1)).toEqual(wayBack(history, rules.keepReleases - 1));
        const good = new Set(
          history.filter(({ outcome }) => outcome === 'completed').map(({ release }) => release),
        );
        for (const release of [...good].slice(0, rules.keepReleases)) {
          expect(newestGood(kept, release)).toBe(newestGood(history, release));
        }
        for (const release of running) {
          const newest = (list: readonly DeploymentSummary[]) =>
            list.find((one) => one.release === release)?.id;
          expect(newest(kept)).toBe(newest(history));
        }
        expect(gone.filter(({ outcome }) => outcome === null)).toEqual([]);
        // Removing again removes nothing more.
        const again = { deployments: kept, plans: [], running: new Set(running) };
        expect(wayBack(kept, rules.keepReleases - 1)).toEqual(
          wayBack(
            kept.filter((one) => !expired(again, rules, NOW).deployments.includes(one)),
            rules.keepReleases - 1,
          ),
        );
      },
    ),
    { numRuns: 3_000 },
  );
});
