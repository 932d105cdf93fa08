import { expect, it } from 'vitest';
import { renderDiff } from '../../../src/cli/render/diff-text.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import type { FileDifferences } from '../../../src/domain/differences.ts';
import { makePlan } from '../../../src/domain/make-plan.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { Release } from '../../../src/domain/release.ts';
import { firstSummary } from '../../../src/domain/summary.ts';
import { compareDeployments, type Side } from '../../../src/project/compare-deployments.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { expectGolden } from './golden.ts';
import { NOON, planFor, releaseOf } from './plans.ts';

const SECRET = 'f00dfeed'.repeat(8);

function side(id: string, plan: Plan, tookMs: number | null, outcome: Side['summary']['outcome']): Side {
  const summary = firstSummary(id, { type: 'deployment-created', at: NOON, plan, by: 'ann@laptop' });
  return { plan, summary: { ...summary, outcome, endedAt: tookMs === null ? null : NOON + tookMs } };
}

function withSpec(plan: Plan, spec: Release['spec']): Plan {
  const { digest: _, ...draft } = plan;
  return makePlan({ ...draft, release: { ...draft.release, spec } });
}

const OLD = side(
  'api-12',
  withSpec(planFor({ strategy: rollingSteps(), version: '1.0.0', from: () => '0.9.0' }), {
    folder: '/srv/api',
    content: 'a'.repeat(64),
    command: ['node', 'server.js'],
    env: { LOG_LEVEL: 'info', REGION: 'eu' },
    secrets: ['DATABASE_URL'],
    secretsFingerprint: SECRET,
    stopTimeoutMs: 10_000,
  }),
  42_000,
  'completed',
);
const NEW = side(
  'api-14',
  withSpec(
    planFor({
      strategy: canarySteps({ stages: [10, { percent: 50, gate: 'good?' }] }),
      targets: 5,
      policy: { maxFailures: 1, onFailure: 'pause' },
    }),
    {
      folder: '/srv/api',
      content: 'b'.repeat(64),
      command: ['node', '--enable-source-maps', 'server.js'],
      env: { LOG_LEVEL: '\u001b[31mdebug', REGION: 'eu' },
      secrets: ['DATABASE_URL', 'TOKEN'],
      secretsFingerprint: 'd00d'.repeat(16),
      stopTimeoutMs: 60_000,
    },
  ),
  63_000,
  'rolled-back',
);
const FILES: FileDifferences = {
  added: ['lib/new.js'],
  changed: Array.from({ length: 14 }, (_, n) => `lib/changed-${n + 1}.js`),
  removed: ['old.js'],
};

const options = { paint: paintFor({ color: false }), columns: 80, allFiles: false };

it('tells everything that differs, of secrets only that they do', async () => {
  const compared = compareDeployments(OLD, NEW, FILES);
  await expectGolden('diff-80', renderDiff(compared, options), 80);
  await expectGolden('diff-120', renderDiff(compared, { ...options, columns: 120 }), 120);
  await expectGolden(
    'diff-color',
    renderDiff(compared, { ...options, paint: paintFor({ color: true }) }),
    80,
  );
  expect(JSON.stringify(compared.config)).not.toContain(SECRET);
  const all = renderDiff(compared, { ...options, allFiles: true });
  expect(all.filter((line) => line.includes('lib/changed-'))).toHaveLength(14);
});

it('says when the files cannot be told', () => {
  const lines = renderDiff(compareDeployments(OLD, NEW, null), options);
  expect(lines).toContain('          which files cannot be told: a copy is not kept any more');
});

it('says when nothing differs, and that one has not ended', () => {
  const again = side('api-13', OLD.plan, null, 'completed');
  const compared = compareDeployments(OLD, again, { added: [], changed: [], removed: [] });
  expect(compared.differs).toBe(false);
  expect(renderDiff(compared, options)).toEqual([
    '-  api-12  api 1.0.0  in production, 2026-11-23 12:00:00 UTC',
    '+  api-13  api 1.0.0  in production, 2026-11-23 12:00:00 UTC',
    '',
    'took      42.0 s → has not ended',
    'They differ in nothing but when they were, and how long they took.',
  ]);
  expect(releaseOf('1.0.0').id).toBe(OLD.summary.release);
});
