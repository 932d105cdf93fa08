import { expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { renderHistory } from '../../../src/cli/render/tables.ts';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import { expectTidy } from './golden.ts';
import { NOON } from './plans.ts';

const HOUR_MS = 3_600_000;
const options = { paint: paintFor({ color: false }), columns: 80, now: NOON };

function summary(changes: Partial<DeploymentSummary>): DeploymentSummary {
  return {
    id: 'api-7',
    service: 'api',
    environment: 'production',
    version: '1.1.0',
    release: '1.1.0-312e312e302e',
    strategy: 'canary',
    plan: '3f9a1c20',
    targets: 4,
    by: 'ann@laptop',
    createdAt: NOON - 2 * HOUR_MS,
    endedAt: NOON - 2 * HOUR_MS + 42_000,
    phase: 'ended',
    outcome: 'completed',
    reason: null,
    seq: 100,
    ...changes,
  };
}

const OPEN = { endedAt: null, outcome: null } as const;

it('lists deployments in every state', () => {
  const lines = renderHistory(
    [
      summary({ id: 'api-12', ...OPEN, phase: 'running', createdAt: NOON - 3_000 }),
      summary({ id: 'api-11', ...OPEN, phase: 'paused', reason: 'paused by bob', createdAt: NOON - 60_000 }),
      summary({ id: 'api-10', ...OPEN, phase: 'rolling-back', reason: 'api.3: port 4103 is taken' }),
      summary({ id: 'api-9', outcome: 'failed', reason: 'not healthy after 60000 ms', strategy: 'rolling' }),
      summary({ id: 'api-8', outcome: 'aborted', reason: 'aborted by ann@laptop: Ctrl-C' }),
      summary({ id: 'api-7', outcome: 'completed', targets: 2_000 }),
    ],
    options,
  );
  expect(lines).toEqual([
    '   deployment  version  strategy  targets  when         took  by',
    '⠋  api-12      1.1.0    canary          4  just now    3.0 s  ann@laptop',
    '‖  api-11      1.1.0    canary          4  1 min ago   1 min  ann@laptop',
    '   paused by bob',
    '↩  api-10      1.1.0    canary          4  2 h ago       2 h  ann@laptop',
    '   api.3: port 4103 is taken',
    '✗  api-9       1.1.0    rolling         4  2 h ago    42.0 s  ann@laptop',
    '   not healthy after 1 min',
    '↩  api-8       1.1.0    canary          4  2 h ago    42.0 s  ann@laptop',
    '   aborted by ann@laptop: Ctrl-C',
    '✓  api-7       1.1.0    canary      2,000  2 h ago    42.0 s  ann@laptop',
  ]);
});

it('tells the environment where there are several', () => {
  const lines = renderHistory([summary({}), summary({ environment: 'staging' })], options);
  expect(lines).toEqual([
    '   deployment  version  in          strategy  targets  when       took  by',
    '✓  api-7       1.1.0    production  canary          4  2 h ago  42.0 s  ann@lap…',
    '✓  api-7       1.1.0    staging     canary          4  2 h ago  42.0 s  ann@lap…',
  ]);
});

it('fits a narrow terminal', () => {
  expectTidy(
    renderHistory([summary({ reason: 'a long story '.repeat(20) })], { ...options, columns: 40 }),
    40,
  );
});

it('is empty without deployments', () => {
  expect(renderHistory([], options)).toEqual([]);
});
