/** `npm run demo`, from its beginning to its end, and what it leaves for whoever goes on by hand. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ENVIRONMENT, SLUICE } from './hello-project.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const DEMO = [
  join(REPOSITORY, 'node_modules', '.bin', 'jiti'),
  join(REPOSITORY, 'scripts', 'demo.ts'),
] as const;

test('the demo tells what it did, loses nothing, and leaves a service that answers', async () => {
  await using folder = await temporaryFolder();
  const cwd = join(folder.path, 'demo');
  try {
    const { exitCode, stdout, stderr } = await runProcess([...DEMO, cwd], {
      env: ENVIRONMENT,
      timeoutMs: 60_000,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('✓ hello 1.0.0 is live in local');
    expect(stdout).toContain('✓ hello 1.1.0 is live in local');
    expect(stdout).toContain('↩ hello 1.2.0-broken was rolled back in local; 1.1.0 serves');
    expect(stdout).toContain(
      'hello 1.0.0 deployed, upgraded to 1.1.0 by canary; 1.2.0-broken refused and rolled back.',
    );
    expect(stdout).toMatch(
      /\d{3,} requests sent, 0 lost \(answered: \d+ by 1\.0\.0, \d+ by 1\.1\.0; the slowest took \d+ ms\)/,
    );

    const [, url = ''] = /it still runs: (http:\/\/localhost:\d+\/)/.exec(stdout) ?? [];
    expect(await (await fetch(url)).json()).toMatchObject({ service: 'hello', version: '1.1.0' });
    const back = await runProcess([...SLUICE, 'rollback'], { cwd, env: ENVIRONMENT });
    expect([back.exitCode, back.stdout]).toEqual([0, expect.stringContaining('✓ hello 1.0.0 is live')]);
  } finally {
    await runProcess([...SLUICE, 'stop', '--all'], { cwd });
  }
});
