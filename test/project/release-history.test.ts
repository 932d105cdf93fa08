import { expect, test } from 'vitest';
import type { DeploymentOutcome } from '../../src/domain/event.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { ReleaseHistory } from '../../src/project/release-history.ts';
import { examplePlan, NOW, PRODUCTION, request } from '../../src/testing/journal-fixtures.ts';

/** A journal with these deployments, oldest first, each of which took a second longer than the one before. */
async function historyOf(
  ...deployments: [version: string, outcome: DeploymentOutcome, strategy?: string][]
): Promise<ReleaseHistory> {
  const journal = new MemoryJournal();
  const lease = await journal.acquire(request('ann'));
  for (const [index, [version, outcome, name = 'canary']] of deployments.entries()) {
    const id = `${version}-0123456789ab`;
    const release = { id, service: 'api', version, digest: '0123456789ab', spec: {} };
    const strategy = { name, options: {} };
    const deployment = await journal.create(examplePlan({ release, strategy }), 'ann', NOW, lease);
    const at = NOW + (index + 1) * 1_000;
    await journal.append(deployment, 1, [{ type: 'deployment-finished', at, outcome }], lease);
  }
  return new ReleaseHistory(journal, PRODUCTION);
}

test('going back goes to the good release before, over those that failed', async () => {
  const history = await historyOf(['1.0.0', 'completed'], ['1.1.0', 'rolled-back'], ['1.2.0', 'completed']);
  expect((await history.before('1.2.0-0123456789ab')).version).toBe('1.0.0');
});

test('going back twice goes back twice, and never forth again', async () => {
  const history = await historyOf(
    ['1.0.0', 'completed'],
    ['1.1.0', 'completed'],
    ['1.2.0', 'completed'],
    ['1.1.0', 'completed', 'rollback'],
  );
  expect((await history.before('1.1.0-0123456789ab')).version).toBe('1.0.0');
  await expect(history.before('1.0.0-0123456789ab')).rejects.toThrow(InvalidInputError);
});

test('a version that was only ever rolled back is not known as good', async () => {
  const history = await historyOf(['1.0.0', 'completed'], ['1.1.0', 'rolled-back']);
  await expect(history.byVersion('1.1.0')).rejects.toThrow('no deployment of api 1.1.0 has completed here');
  expect((await history.byVersion('1.0.0')).version).toBe('1.0.0');
});

test('the usual duration is the median of the last few like it', async () => {
  const history = await historyOf(['1.0.0', 'completed'], ['1.1.0', 'completed'], ['1.2.0', 'completed']);
  const canary = examplePlan({ strategy: { name: 'canary', options: {} } });
  expect(await history.usualDurationMs(canary)).toBe(2_000);
  expect(await history.usualDurationMs(examplePlan())).toBeNull();
  const baking = { ...canary, steps: [{ kind: 'bake', durationMs: 2_500 } as const] };
  expect(await history.usualDurationMs(baking)).toBe(3_000);
});
