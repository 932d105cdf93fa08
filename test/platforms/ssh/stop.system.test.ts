import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { SshRun } from '../../../src/platforms/ssh/ssh-release.ts';
import { waitFor } from '../../support/wait-for.ts';
import { COMMANDS, patient } from './workshop.ts';
import { Yard } from './yard.ts';

/** Asks the service to end, and does not wait for it. */
const ASKS: SshRun = {
  ...COMMANDS,
  stop: ['sh', '-c', 'kill -TERM "-$(cat "$SLUICE_RUN/pid")"'],
  status: ['sh', '-c', 'kill -0 "-$(cat "$SLUICE_RUN/pid")"'],
} as SshRun;

test('a stop that only asks the service to end is waited for', async () => {
  await using yard = await Yard.open({ 'main.sh': 'trap "sleep 1; exit 0" TERM; sleep 600 & wait' });
  const release = await yard.release({ run: ASKS });
  await yard.deploy('a', release);
  const begun = performance.now();
  await yard.platform.stop('a', release, patient());
  expect(performance.now() - begun).toBeGreaterThan(900);
  expect(await yard.platform.inspect('api', ['a'], patient())).toEqual([]);
});

test('what does not heed its stop is said to run on, and when', async () => {
  await using yard = await Yard.open({ 'main.sh': 'trap "" TERM; exec sleep 600' });
  const release = await yard.release({ run: ASKS, stopTimeoutMs: 1_000 });
  await yard.deploy('a', release);
  await expect(yard.platform.stop('a', release, patient())).rejects.toMatchObject({
    message: `a: could not stop ${release.id}: it still runs 1 s after \`stop\``,
    retryable: true,
  });
  const [instance] = await yard.platform.inspect('api', ['a'], patient());
  expect(instance?.state).toBe('running');
  await killed(instance?.pid ?? 0);
});

/** Resolves once a group that was killed is reaped too, which may take longer than the stop at the end of a test waits. */
async function killed(group: number): Promise<void> {
  process.kill(-group, 'SIGKILL');
  await waitFor('the group to be gone', () => isGone(-group));
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

test('a stop that fails is not waited for', async () => {
  const run: SshRun = { ...COMMANDS, stop: ['sh', '-c', 'echo no; exit 4'] } as SshRun;
  await using yard = await Yard.open({ 'main.sh': 'exec sleep 600' });
  const release = await yard.release({ run });
  await yard.deploy('a', release);
  await expect(yard.platform.stop('a', release, patient())).rejects.toMatchObject({
    message: `a: could not stop ${release.id}: \`stop\` ended with exit code 4`,
    evidence: { exitCode: 4, log: ['no'] },
  });
  const [instance] = await yard.platform.inspect('api', ['a'], patient());
  await killed(instance?.pid ?? 0);
  await writeFile(yard.path('a', '.sluice/run/1/exit'), '137\n');
});
