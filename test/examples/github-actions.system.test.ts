/** The script for CI, against a real server: its exit code is the outcome's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../docs/pages.ts';
import { HelloProject } from '../e2e/hello-project.ts';
import { adminToken, serve } from '../e2e/serve-project.ts';
import { type ProcessResult, runProcess } from '../support/run-process.ts';

const SCRIPT = join(REPOSITORY, 'examples', 'github-actions', 'deploy.js');
const STRATEGY = '{ type: canary, bake: 100ms, stages: [50, 100] }';

test('it deploys, waits, and ends with the exit code of the outcome', { timeout: 120_000 }, async () => {
  await using project = await HelloProject.create({
    instances: 2,
    strategy: STRATEGY,
    policy: 'healthTimeout: 1s',
  });
  const token = await adminToken(project);
  await using server = await serve(project, token);
  // It needs no more than one that may trigger this service, and see what comes of it.
  const made = await project.sluice('token', 'create', '--name', 'ci', '--trigger', 'hello');
  const narrow = made.stdout.trim();
  const output = join(project.dir, 'output');
  const run = (version: string, more: Record<string, string> = {}): Promise<ProcessResult> =>
    runProcess([process.execPath, SCRIPT, 'hello', version], {
      env: {
        SLUICE_URL: server.url,
        SLUICE_TOKEN: narrow,
        GITHUB_RUN_ID: undefined,
        GITHUB_OUTPUT: undefined,
        ...more,
      },
      timeoutMs: 60_000,
    });

  project.build('1.0.0');
  const job = { GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'deploy', GITHUB_OUTPUT: output };
  const first = await run('1.0.0', job);
  expect([first.exitCode, first.stdout]).toEqual([
    0,
    expect.stringMatching(/^hello-1 at http[\s\S]*\ncompleted\n$/),
  ]);
  const again = await run('1.0.0', job);
  expect([again.exitCode, again.stdout]).toEqual([0, expect.stringMatching(/^hello-1 at /)]);
  expect(await readFile(output, 'utf8')).toBe('deployment=hello-1\ndeployment=hello-1\n');
  expect((await run('1.0.0')).stdout).toBe('everything runs this already\n');

  project.build('1.2.0-broken');
  const broken = await run('1.2.0-broken');
  expect([broken.exitCode, broken.stdout]).toEqual([3, expect.stringMatching(/\nrolled-back: .*503/)]);
  const refused = await runProcess([process.execPath, SCRIPT, 'none'], {
    env: { SLUICE_URL: server.url, SLUICE_TOKEN: token },
  });
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringContaining('there is no service "none"'),
  ]);
});
