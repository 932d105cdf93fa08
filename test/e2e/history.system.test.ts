/** A few deployments, and every question that can be asked about them afterwards. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { fold } from '../../src/domain/evolve.ts';
import { waitFor } from '../support/wait-for.ts';
import { HelloProject } from './hello-project.ts';

/** What is different each time. */
const TIMES =
  /\+?\d+(?:\.\d)? (?:ms|s)\b(?: ago)?|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)|\d\d:\d\d:\d\d(?= UTC)|just now/g;
const PERSON = /[\w.-]+@[\w.-]+/g;

const BAKING = '{ type: canary, bake: 60s, stages: [50, 100] }';

let project: HelloProject;

function serviceIs(greeting: string, history: string): string {
  return `    env: { GREETING: ${greeting} }\n    secrets: [TOKEN]\n    history: { ${history} }\n`;
}

async function sluice(token: string, ...args: string[]) {
  return await project.sluiceWith({ env: { TOKEN: token } }, ...args);
}

/** What is printed, without what is different each time; and without columns, which depend on that. */
async function asked(...args: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await sluice('none', ...args);
  expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(TIMES, 'T').replace(PERSON, 'WHO').replace(/ {2,}/g, '  ').trim());
}

async function listed(...args: string[]): Promise<string[]> {
  const { stdout } = await sluice('none', 'history', ...args, '--json');
  return (JSON.parse(stdout) as { deployments: { id: string }[] }).deployments.map(({ id }) => id);
}

/** 1.0.0, then 1.1.0 with another config, then one that crashes, then one that is aborted. */
beforeAll(async () => {
  project = await HelloProject.create({
    instances: 2,
    strategy: 'rolling',
    more: serviceIs('hello', 'keep: 100'),
  });
  project.build('1.0.0');
  expect((await sluice('old-token', 'deploy', '1.0.0')).exitCode).toBe(0);
  project.configure({ instances: 3, more: serviceIs('good day', 'keep: 100') });
  project.build('1.1.0');
  expect((await sluice('new-token', 'deploy', '1.1.0')).exitCode).toBe(0);
  project.build('1.2.2-crash');
  expect((await sluice('new-token', 'deploy', '1.2.2')).exitCode).toBe(3);
  project.configure({ strategy: BAKING });
  project.build('1.0.0');
  const aborted = sluice('new-token', 'deploy', '1.3.0');
  await waitFor('the bake', async () => {
    const { stdout } = await sluice('none', 'show', 'hello-4');
    return /⠋ +\d+ +bake/.test(stdout);
  });
  expect((await sluice('none', 'abort', 'hello-4', '-m', 'wrong branch')).exitCode).toBe(0);
  expect((await aborted).exitCode).toBe(5);
}, 120_000);

afterAll(() => project[Symbol.asyncDispose]());

test('which deployments there were: by outcome, version, person and time', async () => {
  expect(await listed()).toEqual(['hello-4', 'hello-3', 'hello-2', 'hello-1']);
  expect(await listed('--outcome', 'completed')).toEqual(['hello-2', 'hello-1']);
  expect(await listed('--outcome', 'rolled-back')).toEqual(['hello-3']);
  expect(await listed('--outcome', 'aborted', '--version', '1.3.0')).toEqual(['hello-4']);
  expect(await listed('--outcome', 'running')).toEqual([]);
  expect(await listed('--since', '1h', '--until', '0s', '-n', '1')).toEqual(['hello-4']);
  expect(await listed('--until', '1h')).toEqual([]);
  expect(await listed('--by', 'nobody-of-this-name')).toEqual([]);
  expect(await asked('history', 'hello', '--version', '7')).toEqual(['No deployment is like that.']);
  expect(await asked('history')).toEqual([
    'deployment  version  strategy  targets  when  took  by',
    '↩  hello-4  1.3.0  canary  3  T  T  WHO',
    'aborted by WHO: wrong branch',
    '↩  hello-3  1.2.2  rolling  3  T  T  WHO',
    'hello.1 ended instead of becoming healthy (exit code 3)',
    '✓  hello-2  1.1.0  rolling  3  T  T  WHO',
    '✓  hello-1  1.0.0  rolling  2  T  T  WHO',
  ]);
  const refused = await sluice('none', 'history', '--since', 'yesterday');
  expect([refused.exitCode, refused.stderr.split('\n')[0]]).toEqual([2, '✗ "yesterday" is not a time']);
});

test('what one did, who decided what, and why it ended so', async () => {
  const aborted = await asked('show', 'hello-4');
  expect(aborted.slice(0, aborted.indexOf('timeline'))).toEqual([
    'hello-4  hello 1.1.0 → 1.3.0  aborted',
    expect.stringMatching(/^canary in local · 3 targets · plan [0-9a-f]{8} · by WHO$/),
    'began T UTC · took T',
    '',
    'cause  aborted by WHO: wrong branch',
    '',
    'steps',
    '✓  1  stage 1.3.0 on 3 targets  T  T',
    '✓  2  all traffic to 1.1.0  T  T',
    '✓  3  update hello.1, hello.2  T  T',
    '✓  4  50 % of traffic to 1.3.0  T  T',
    '✗  5  bake 1 min  T  cut short T',
    '·  6  update hello.3  not begun',
    '·  7  all traffic to 1.3.0  not begun',
    '·  8  bake 1 min  not begun',
    '·  9  verify 1.3.0  not begun',
    '·  10  retire 1.1.0  not begun',
    '↩  1  back: all traffic to 1.1.0  T  T',
    '↩  2  back: clear away 1.3.0  T  T',
    '',
    'asked',
    expect.stringMatching(/^T UTC {2}WHO {2}abort {2}wrong branch; plan [0-9a-f]{8}$/),
    '',
    'targets',
    'hello.1, hello.2, hello.3  runs 1.1.0  T to T',
    '',
  ]);
  expect(aborted.at(-1)).toMatch(/^\d+ {2}T {2}aborted {2}T$/);

  const crashed = await asked('show', 'hello-3', '--targets');
  expect(crashed.slice(4, 6)).toEqual([
    'cause  hello.1 ended instead of becoming healthy (exit code 3)',
    'log  │ Error: the settings file has no "secret"',
  ]);
  expect(crashed).toContain(
    '✗  2  update hello.1: hello.1 ended instead of becoming healthy (exit code 3)  T  T',
  );
  const targets = crashed.slice(crashed.indexOf('targets') + 1, crashed.indexOf('timeline') - 1);
  expect(targets).toEqual([
    'hello.1  runs 1.1.0  T',
    'failed: ended instead of becoming healthy (exit code 3)',
    'hello.2  runs 1.1.0  T',
    'hello.3  runs 1.1.0  T',
  ]);

  const { stdout } = await sluice('none', 'show', 'hello-4', '--json');
  const { steps, signals, targets: ended, plan, tookMs } = JSON.parse(stdout);
  expect(signals).toMatchObject([{ signal: 'abort', reason: 'wrong branch', refused: null }]);
  expect(steps.map(({ outcome }: { outcome: string }) => outcome).join(' ')).toBe(
    'done done done done cut-short not-begun not-begun not-begun not-begun not-begun done done',
  );
  expect(ended).toHaveLength(3);
  expect(ended[0]).toMatchObject({ id: 'hello.1', attempts: 1, new: 'none', old: 'serving', failure: null });
  expect([plan, tookMs]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.any(Number)]);
});

test('what differs', async () => {
  const differences = [
    '-  hello-1  hello 1.0.0  in local, T UTC',
    '+  hello-2  hello 1.1.0  in local, T UTC',
    '',
    'version  1.0.0 → 1.1.0',
    expect.stringMatching(/^release {2}1\.0\.0-\w{12} → 1\.1\.0-\w{12}$/),
    expect.stringMatching(/^artifact {2}\w{12} → \w{12}$/),
    '~ version.json',
    'config  env.GREETING  hello → good day',
    'values of secrets  changed',
    'policy  minAvailable  0 → 2',
    'targets  2 → 3',
    '+ hello.3',
    'took  T → T',
  ];
  expect(await asked('diff', 'hello-1', 'hello-2')).toEqual(differences);
  expect(await asked('diff', '1.0.0', '1.1.0')).toEqual(differences);
  // What runs is 1.1.0.
  expect(await asked('diff', '1.0.0')).toEqual(differences);
  expect(await asked('diff', 'hello-2')).toEqual(differences);
  expect((await asked('diff')).slice(0, 2)).toEqual([
    '-  hello-3  hello 1.2.2  in local, T UTC',
    '+  hello-4  hello 1.3.0  in local, T UTC',
  ]);
  const same = await asked('diff', 'hello-1', 'hello-1');
  expect(same.at(-1)).toBe('They differ in nothing but when they were, and how long they took.');

  const exits = async (...args: string[]) => (await sluice('none', 'diff', ...args)).exitCode;
  expect(await exits('hello-1', 'hello-2', '--exit-code')).toBe(10);
  expect(await exits('hello-1', 'hello-1', '--exit-code')).toBe(0);
  expect(await exits('hello-1')).toBe(2);
  expect(await exits('hello-1', '9.9.9')).toBe(2);
  const { stdout } = await sluice('none', 'diff', 'hello-1', 'hello-2', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    differs: true,
    version: { from: '1.0.0', to: '1.1.0' },
    config: [{ path: 'env.GREETING', from: 'hello', to: 'good day' }],
    secretsChanged: true,
    files: { added: [], changed: ['version.json'], removed: [] },
    targets: { added: ['hello.3'], removed: [] },
  });
});

test('whole journals, of which the state can be folded', async () => {
  const { stdout } = await sluice('none', 'export', '--all');
  expect(stdout).not.toMatch(/old-token|new-token/);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ type: 'sluice-journal', version: 1 });
  expect(lines.at(-1)).toEqual({ type: 'end', deployments: 4 });
  const outcomes = lines.flatMap((line) => {
    if (line.type !== 'deployment') return [];
    const events: DeploymentEvent[] = lines
      .filter(({ type, deployment }) => type === 'event' && deployment === line.deployment)
      .map(({ event }) => event);
    const { outcome, seq, plan } = fold(line.deployment, events);
    expect([seq, plan.digest]).toEqual([line.seq, line.plan]);
    return [`${line.deployment} ${outcome}`];
  });
  expect(outcomes).toEqual([
    'hello-1 completed',
    'hello-2 completed',
    'hello-3 rolled-back',
    'hello-4 aborted',
  ]);
  expect(lines.filter(({ type }) => type === 'signal')).toMatchObject([
    { deployment: 'hello-4', id: 1, signal: { signal: 'abort', reason: 'wrong branch' } },
  ]);
});

test('what is kept: the last ones, and what a rollback needs', async () => {
  project.configure({
    strategy: 'rolling',
    policy: 'healthTimeout: 3s, keepReleases: 2',
    more: serviceIs('good day', 'keep: 1'),
  });
  const rollbackTo = async () => {
    const { stdout } = await sluice('none', 'plan', '--rollback', '--json');
    const { plan } = JSON.parse(stdout);
    return [plan.release, Object.keys(plan.previous)];
  };
  const before = await rollbackTo();
  const keeps =
    'keeps 3 deployments and 1 saved plan: the newest 1, at most 365 days old, and what a rollback needs';
  const dry = await asked('prune', '--dry-run');
  expect(dry[0]).toMatch(/^hello in local: would remove 1 deployment \(hello-3\) of \d+ events$/);
  expect(dry.slice(1).join(' ')).toBe(keeps);
  expect(await listed()).toHaveLength(4);

  const pruned = await asked('prune');
  expect(pruned[0]).toBe(dry[0]?.replace('would remove', 'removed'));
  expect(await listed()).toEqual(['hello-4', 'hello-2', 'hello-1']);
  expect((await asked('prune'))[0]).toBe('hello in local: nothing to remove');
  expect((await sluice('none', 'show', 'hello-3')).exitCode).toBe(2);
  expect(await rollbackTo()).toEqual(before);
  const db = new Database(project.state('journal.db'), { readonly: true });
  expect(db.prepare('SELECT count(DISTINCT deployment) FROM event').pluck().get()).toBe(3);
  db.close();

  // At its end it prunes too: of the one that was aborted, nothing is needed.
  project.build('1.1.0');
  project.configure({ instances: 2 });
  expect((await sluice('new-token', 'deploy', '1.1.0')).exitCode).toBe(0);
  expect(await listed()).toEqual(['hello-5', 'hello-2', 'hello-1']);
});
