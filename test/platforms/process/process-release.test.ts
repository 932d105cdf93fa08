import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  makeProcessRelease,
  type ProcessReleaseOptions,
  processSpecOf,
} from '../../../src/platforms/process/process-release.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fill } from './folders.ts';

async function withApp(
  use: (
    make: (parts?: Partial<ProcessReleaseOptions>) => ReturnType<typeof makeProcessRelease>,
    root: string,
  ) => Promise<void>,
): Promise<void> {
  await using root = await temporaryFolder();
  const folder = await fill(join(root.path, 'app'), { 'server.js': 'listen()' });
  const stateDir = join(root.path, '.sluice');
  const options = { service: 'api', version: '1.0.0', folder, command: 'node server.js', stateDir };
  await use((parts) => makeProcessRelease({ ...options, ...parts }), root.path);
}

test('a release is named by its version and by the digest of all that it is', () =>
  withApp(async (make, root) => {
    const release = await make();
    expect(release).toEqual({
      id: `1.0.0-${release.digest.slice(0, 12)}`,
      service: 'api',
      version: '1.0.0',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      spec: {
        folder: join(root, 'app'),
        content: expect.stringMatching(/^[0-9a-f]{64}$/),
        command: 'node server.js',
        env: {},
        secrets: [],
        secretsFingerprint: null,
        ignore: [],
        stopTimeoutMs: 10_000,
      },
    });
    expect(processSpecOf(JSON.parse(JSON.stringify(release)))).toEqual(release.spec);
    expect(await make()).toEqual(release);
  }));

test('the same content from another folder is the same release', () =>
  withApp(async (make, root) => {
    const folder = await fill(join(root, 'elsewhere'), { 'server.js': 'listen()', junk: 'x' });
    expect((await make({ folder, ignore: ['junk'] })).id).toBe((await make()).id);
  }));

describe('another release comes of another', () => {
  test.each<[string, Partial<ProcessReleaseOptions>]>([
    ['command', { command: ['node', 'server.js'] }],
    ['environment', { env: { A: 'b' } }],
    ['time to stop', { stopTimeoutMs: 1 }],
    ['set of secrets', { secrets: ['HOME'] }],
  ])('%s', (_what, parts) =>
    withApp(async (make) => {
      expect((await make(parts)).digest).not.toBe((await make()).digest);
    }),
  );

  test('value of a secret, and the value is nowhere in it', () =>
    withApp(async (make, root) => {
      const at = (password: string) => make({ secrets: ['PASSWORD'], environment: { PASSWORD: password } });
      const release = await at('hunter2');
      expect((await at('hunter2')).id).toBe(release.id);
      expect((await at('hunter3')).id).not.toBe(release.id);
      expect(JSON.stringify(release)).not.toContain('hunter2');
      const stateDir = join(root, '.sluice');
      expect(await readdir(stateDir)).toEqual(['secrets.key']);
      expect((await stat(join(stateDir, 'secrets.key'))).mode & 0o777).toBe(0o600);
    }));
});

test('the key of the fingerprints is made once, whoever comes first', () =>
  withApp(async (make, root) => {
    const secrets = { secrets: ['A'], environment: { A: '1' } };
    const releases = await Promise.all(Array.from({ length: 10 }, () => make(secrets)));
    expect(new Set(releases.map(({ id }) => id)).size).toBe(1);
    expect(await readFile(join(root, '.sluice/secrets.key'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  }));

describe('what cannot be a release', () => {
  test.each<[string, Partial<ProcessReleaseOptions>, string]>([
    ['a bad version', { version: '../1' }, '"../1" cannot be a version'],
    ['a bad service', { service: 'a b' }, '"a b" cannot be the name of a service'],
    ['no command', { command: ' ' }, 'is empty'],
    ['an empty command', { command: [] }, 'is empty'],
    ['a NUL in the command', { command: 'a\0b' }, 'holds a NUL byte'],
    ['PORT in the environment', { env: { PORT: '80' } }, 'is given by Sluice'],
    ['SLUICE_ in the environment', { env: { SLUICE_X: '80' } }, 'is given by Sluice'],
    ['a bad variable', { env: { 'A=B': '' } }, 'is not a name of an environment variable'],
    ['a NUL in a value', { env: { A: 'a\0' } }, 'holds a NUL byte'],
    ['a way out of the folder', { ignore: ['../x'] }, 'holds ".."'],
    ['no time at all', { stopTimeoutMs: -1 }, 'stopTimeoutMs'],
    [
      'secrets that are not set',
      { secrets: ['A', 'B'], environment: { B: '' } },
      'the environment lacks the secrets A',
    ],
  ])('%s', (_what, parts, message) =>
    withApp(async (make) => {
      await expect(make(parts)).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(message),
      });
    }),
  );

  test('a release of another platform', () => {
    const release = { id: '1-a', service: 'api', version: '1', digest: 'a', spec: { image: 'x' } };
    expect(() => processSpecOf(release)).toThrow('1-a is not a release of the process platform');
  });
});
