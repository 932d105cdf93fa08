/** Each signal is obeyed within a second, measured between its row and its event in the journal. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SIGNALS } from '../../src/domain/event.ts';
import { waitFor } from '../support/wait-for.ts';
import { Upgrade } from './upgrade.ts';

const OBEYED_WITHIN_MS = 1_000;

test('all seven, from a second terminal, in real rollouts', async () => {
  const broken = (dir: string) => join(dir, 'broken');
  await using upgrade = await Upgrade.begin(
    /sluice retry hello-2/,
    {
      strategy:
        '{ type: canary, bake: 30s, stages: [{ percent: 50, gate: Looks good? }, { percent: 80, gate: Sure? }, 100] }',
      policy: 'healthTimeout: 1s, onFailure: pause',
      check: '{ type: command, command: [test, "!", -e, broken], interval: 50ms }',
    },
    ({ dir }) => writeFileSync(broken(dir), ''),
  );
  const { project, controller } = upgrade;
  rmSync(broken(project.dir));
  const ask = async (...args: string[]) =>
    expect([args, (await project.sluice(...args)).exitCode]).toEqual([args, 0]);

  await ask('retry');
  await upgrade.shows(/bake 30 s/);
  await ask('pause');
  await ask('resume');
  await ask('promote');
  await upgrade.shows(/ask "Looks good\?"/);
  await ask('approve');
  await waitFor('the second bake', () => controller.stdout.split('bake 30 s  checks').length > 2);
  await ask('promote');
  await upgrade.shows(/ask "Sure\?"/);
  await ask('reject');
  expect((await controller.ended).exitCode).toBe(3);

  project.configure({ strategy: '{ type: canary, bake: 30s, stages: [50, 100] }' });
  await using second = project.start('deploy', 'hello', '1.1.0');
  await waitFor('its bake', () => second.stdout.includes('bake 30 s'));
  await ask('abort');
  expect((await second.ended).exitCode).toBe(5);

  const delays = await upgrade.withJournal(async (journal) => {
    const found = new Map<string, number>();
    for (const id of ['hello-2', 'hello-3']) {
      const asked = new Map((await journal.signals(id, 0)).map((row) => [row.id, row.at]));
      for (const { event } of await journal.read(id)) {
        if (event.type !== 'signal-received') continue;
        const delay = event.at - (asked.get(event.id) ?? Number.NaN);
        found.set(event.signal.signal, Math.max(delay, found.get(event.signal.signal) ?? 0));
      }
    }
    return found;
  });
  expect([...delays.keys()].toSorted()).toEqual([...SIGNALS].toSorted());
  for (const [name, ms] of delays) expect([name, ms < OBEYED_WITHIN_MS]).toEqual([name, true]);
});
