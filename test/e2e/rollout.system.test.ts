/**
 * Each strategy from end to end, under load: the first deployment, an upgrade, releases that are bad in ways
 * of their own, and a rollback by hand. No request is lost in any of it.
 */
import { describe, expect, test } from 'vitest';
import { HelloProject, type HelloVersion } from './hello-project.ts';

/** As short as a good release can be sure to come up in, with all of these at the same time. */
const IMPATIENT = 'healthTimeout: 3s';

const STRATEGIES: Record<string, string> = {
  rolling: '{ type: rolling, batchSize: 1 }',
  'rolling in place': '{ type: rolling, batchSize: 1, inPlace: true }',
  canary: '{ type: canary, bake: 200ms, stages: [10, 50, 100] }',
  'blue-green': '{ type: blueGreen, bake: 200ms }',
  'all at once': 'allAtOnce',
};

describe.concurrent.each(Object.entries(STRATEGIES))('%s', (_name, strategy) => {
  test('an upgrade, three bad releases, and back by hand: nothing is lost', async () => {
    await using project = await HelloProject.create({ instances: 2, strategy, policy: IMPATIENT });
    await project.deploy('1.0.0');
    const load = project.load();

    const upgrade = await project.deploy('1.1.0');
    expect(upgrade.stdout).toContain('✓ hello 1.1.0 is live in local');
    expect(upgrade.stdout).toContain('sluice rollback hello  back to 1.0.0');
    expect((await project.ask()).version).toBe('1.1.0');

    for (const version of ['1.2.0-broken', '1.2.1-silent', '1.2.2-crash'] as const) {
      const refused = await project.deploy(version, 3);
      expect(refused.stdout).toContain(`↩ hello ${version} was rolled back in local; 1.1.0 serves`);
    }
    expect((await project.status()).well).toBe(true);

    const back = await project.sluice('rollback');
    expect([back.exitCode, back.stdout]).toEqual([
      0,
      expect.stringContaining('✓ hello 1.0.0 is live in local'),
    ]);
    expect((await project.ask()).version).toBe('1.0.0');

    const { lost, versions } = await load.stop();
    expect({ lost, versions: [...versions.keys()] }).toEqual({ lost: 0, versions: ['1.0.0', '1.1.0'] });
    expect(await project.history()).toEqual([
      'hello-6 1.0.0 completed',
      'hello-5 1.2.2-crash rolled-back',
      'hello-4 1.2.1-silent rolled-back',
      'hello-3 1.2.0-broken rolled-back',
      'hello-2 1.1.0 completed',
      'hello-1 1.0.0 completed',
    ]);
  });
});

describe.concurrent('the screen after a failure', () => {
  const EVIDENCE: Record<string, RegExp[]> = {
    '1.2.0-broken': [
      /cause +hello\.1: not healthy after [\d.]+ m?s: http \/healthz: HTTP 503, expected 200-299/,
      /log +│ hello 1\.2\.0-broken: cannot reach the database/,
    ],
    '1.2.1-silent': [
      /cause +hello\.1: not healthy after [\d.]+ m?s: http \/healthz: connection refused 127\.0\.0\.1:\d+/,
      /log +│ hello 1\.2\.1-silent waits for a lock that nobody gives back/,
    ],
    '1.2.2-crash': [
      /cause +hello\.1 ended instead of becoming healthy \(exit code 3\)/,
      /log +│ Error: the settings file has no "secret"/,
    ],
  };

  test('tells the cause, the evidence, what serves now, and what to type next', async () => {
    await using project = await HelloProject.create({ instances: 1, policy: IMPATIENT });
    await project.deploy('1.0.0');
    for (const [version, evidence] of Object.entries(EVIDENCE)) {
      const { stdout } = await project.deploy(version as HelloVersion, 3);
      const screen = stdout.slice(stdout.indexOf('↩'));
      for (const line of evidence) expect(screen).toMatch(line);
      expect(screen).toMatch(/in step +3 of \d+, update hello\.1/);
      expect(screen).toMatch(/undone +rolled back in [\d.]+ m?s: clear away 1\.2\.\d-/);
      expect(screen).toMatch(/serving +1\.0\.0 on 1 of 1 target, all traffic/);
      expect(screen).toMatch(/next +sluice logs hello\.1 +its whole log/);
      expect(screen.trimEnd().split('\n').length).toBeLessThan(24);
    }
    const { stdout } = await project.sluice('logs', 'hello.1');
    expect(stdout).toContain('hello.1 1.2.2-crash │ Error: the settings file has no "secret"');
  });
});
