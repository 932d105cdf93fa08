/** What a deployment that fails leaves behind: nothing of it on the disk but its log; and who is told of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type HelloProject as Hello, HelloProject } from './hello-project.ts';

/** The versions of which there is a copy. */
function copies(project: Hello): string[] {
  return readdirSync(project.state('local', 'releases', 'hello'))
    .filter((name) => !name.startsWith('.'))
    .map((name) => name.slice(0, name.lastIndexOf('-')))
    .toSorted();
}

/** A hook that writes down what it is told. */
const TELLS = `    hooks:
      onFailure:
        - { name: tell, command: 'echo "$SLUICE_VERSION $SLUICE_DIRECTION $SLUICE_OUTCOME: $SLUICE_REASON" >> told' }
`;

function told(project: Hello): string[] {
  return readFileSync(join(project.dir, 'told'), 'utf8').trimEnd().split('\n');
}

describe.concurrent('a deployment that fails', () => {
  test('leaves no copy, however often; its log stays to be read', async () => {
    await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
    await project.deploy('1.2.2-crash', 3);
    expect(copies(project)).toEqual([]);
    await project.deploy('1.0.0');
    for (const version of ['1.2.2-crash', '1.2.0-broken', '1.2.2-crash'] as const) {
      await project.deploy(version, 3);
      expect(copies(project)).toEqual(['1.0.0']);
      expect((await project.sluice('logs', 'hello.1')).stdout).toContain(version);
    }
    expect((await project.ask()).version).toBe('1.0.0');
    expect((await project.status()).well).toBe(true);
  });

  test('tells its hooks, once it is rolled back', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling', more: TELLS });
    await project.deploy('1.0.0');
    await project.deploy('1.2.2-crash', 3);
    expect(told(project)).toEqual([
      expect.stringMatching(/^1\.2\.2-crash back rolled-back: hello\.1 ended instead of becoming healthy/),
    ]);
  });

  test('tells them where it leaves everything as it is, and keeps what runs', async () => {
    const policy = 'healthTimeout: 3s, onFailure: stop';
    await using project = await HelloProject.create({
      instances: 1,
      strategy: 'rolling',
      policy,
      more: TELLS,
    });
    await project.deploy('1.0.0');
    const { stdout } = await project.deploy('1.2.2-crash', 4);
    expect(stdout).toContain('failed in local, and was left as it is');
    expect(told(project)).toEqual([
      expect.stringMatching(/^1\.2\.2-crash forward failed: hello\.1 ended instead of becoming healthy/),
    ]);
    expect(copies(project)).toEqual(['1.0.0', '1.2.2-crash']);
    expect((await project.ask()).version).toBe('1.0.0');
  });
});
