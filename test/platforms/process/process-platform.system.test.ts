import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ProcessPlatform } from '../../../src/platforms/process/process-platform.ts';
import { rotate } from '../../../src/supervisor/log-files.ts';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { SUPERVISOR } from '../../supervisor/sandbox.ts';
import { startProcess } from '../../support/run-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { patient, Shop } from './shop.ts';

const PRINTS = `console.log('one\\ntwo\\nthree'); setInterval(() => {}, 60_000);`;

async function open(): Promise<OpenedPlatform> {
  const shop = await Shop.open();
  return {
    platform: shop.platform,
    service: 'api',
    targets: ['slot 1', 'slot/2'],
    release: (version) => shop.program(PRINTS, { version }),
    crashing: (version) => shop.program(`console.log('broken'); process.exitCode = 3;`, { version }),
    close: () => shop[Symbol.asyncDispose](),
  };
}

describe('the process platform does what every platform must', () => {
  test.each(platformConformance(open))('$name', ({ run }) => run());
});

test('a release runs from its own copy, whatever becomes of the folder', async () => {
  await using shop = await Shop.open({ 'greeting.txt': 'hello' });
  const source = `
    const { readFileSync } = require('node:fs');
    const [text, cwd] = [readFileSync('greeting.txt', 'utf8'), process.cwd()];
    console.log(JSON.stringify([text, cwd, process.env.SLUICE_VERSION, process.env.GREETING]));
    setInterval(() => {}, 60_000);
  `;
  const release = await shop.program(source, { env: { GREETING: 'a "b"' } });
  await shop.platform.stage('a', release, patient());
  await writeFile(join(shop.app, 'greeting.txt'), 'bye');
  await shop.platform.activate('a', release, patient());
  const [line] = await waitFor('the output', async () => {
    const lines = await shop.platform.logTail('a', release, 1);
    return lines.length > 0 && lines;
  });
  const copy = join(shop.sandbox.stateDir, 'releases/api', release.id, 'files');
  expect(JSON.parse(line as string)).toEqual(['hello', copy, '1.0.0', 'a "b"']);
  const [instance] = await shop.platform.inspect('api', ['a'], patient());
  expect(instance).toMatchObject({ address: { host: '127.0.0.1' }, restarts: 0, state: 'running' });
  expect(await shop.platform.verify(release, { thorough: true })).toEqual([]);
});

test('a folder that has changed since the plan is not deployed', async () => {
  await using shop = await Shop.open();
  const release = await shop.program(PRINTS);
  await appendFile(join(shop.app, 'main.cjs'), '// one more thing');
  await expect(shop.platform.stage('a', release, patient())).rejects.toMatchObject({
    code: 'OPERATION',
    retryable: false,
    message: `${shop.app} has changed since the plan was made`,
    remedy: 'Plan again, so that what is deployed is what was planned.',
  });
});

test('a release of another platform is refused', async () => {
  await using shop = await Shop.open();
  const release = { ...(await shop.program(PRINTS)), spec: { image: 'nginx' } };
  await expect(shop.platform.stage('a', release, patient())).rejects.toMatchObject({
    code: 'OPERATION',
    retryable: false,
  });
});

describe('secrets', () => {
  const TELLS = `console.log('is ' + process.env.PASSWORD); setInterval(() => {}, 60_000);`;

  async function told(shop: Shop, version: string): Promise<string> {
    const key = { service: 'api', target: 'a', release: version };
    return await waitFor('the output', async () => (await shop.sandbox.supervisor.logTail(key, 1))[0]);
  }

  test('reach the process, and nothing else: not the journal, not the state file', async () => {
    const environment = { PATH: process.env.PATH, PASSWORD: 'hunter2\n$(x)"' };
    await using shop = await Shop.open({}, environment);
    const release = await shop.program(
      TELLS.replace("'is ' +", 'JSON.stringify(').replace('PASSWORD)', 'PASSWORD))'),
      {
        secrets: ['PASSWORD'],
        environment,
      },
    );
    await shop.deploy('a', release);
    expect(JSON.parse(await told(shop, release.id))).toBe('hunter2\n$(x)"');
    expect(JSON.stringify(release)).not.toContain('hunter2');
    const { stateDir } = shop.sandbox;
    expect(await readFile(join(stateDir, 'supervisor-state.json'), 'utf8')).not.toContain('hunter2');
    const file = join(stateDir, 'releases/api', release.id, 'secrets.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('are those of the release, also when one goes back to it and the environment has others', async () => {
    const environment: Record<string, string | undefined> = { PATH: process.env.PATH, PASSWORD: 'old' };
    await using shop = await Shop.open({}, environment);
    const old = await shop.program(TELLS, { secrets: ['PASSWORD'], environment });
    await shop.deploy('a', old);
    expect(await told(shop, old.id)).toBe('is old');
    environment.PASSWORD = 'new';
    const changed = await shop.release({ secrets: ['PASSWORD'], environment });
    expect(changed.id).not.toBe(old.id);
    await shop.deploy('a', changed);
    expect(await told(shop, changed.id)).toBe('is new');
    environment.PASSWORD = undefined;
    await shop.platform.stop('a', old, patient());
    await shop.deploy('a', old);
    expect(await shop.platform.logTail('a', old, 10)).not.toContain('is new');
  });

  test('that are not those of the plan are refused', async () => {
    const environment: Record<string, string | undefined> = { PASSWORD: 'old' };
    await using shop = await Shop.open({}, environment);
    const release = await shop.program(TELLS, { secrets: ['PASSWORD'], environment });
    environment.PASSWORD = 'new';
    await expect(shop.platform.stage('a', release, patient())).rejects.toMatchObject({
      code: 'OPERATION',
      retryable: false,
      message: 'the secrets of api 1.0.0 (PASSWORD) are not those of the plan',
    });
    environment.PASSWORD = undefined;
    await expect(shop.platform.stage('a', release, patient())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the environment lacks the secrets PASSWORD',
    });
    expect(await shop.copies()).toEqual([]);
  });
});

describe('prune', () => {
  test('keeps what runs anywhere, also when no supervisor is there to ask', async () => {
    await using shop = await Shop.open();
    const one = await shop.program(PRINTS, { version: '1.0.0' });
    await shop.deploy('a', one);
    const two = await shop.program(`${PRINTS} // 2`, { version: '2.0.0' });
    await shop.platform.stage('b', two, patient());
    await shop.sandbox.killSupervisor();
    await shop.platform.prune('a', 'api', [], patient());
    await shop.platform.prune('b', 'api', [], patient());
    expect(await shop.copies()).toEqual([one.id]);
    await shop.platform.stop('a', one, patient());
    await shop.platform.prune('a', 'api', [], patient());
    expect(await shop.copies()).toEqual([]);
  });

  test('takes the logs of what it removes, but for the one written last, and no others', async () => {
    await using shop = await Shop.open();
    const one = await shop.program(PRINTS, { version: '1.0.0' });
    await shop.deploy('a', one);
    await shop.deploy('b', one);
    const two = await shop.program(`${PRINTS} // 2`, { version: '2.0.0' });
    await shop.deploy('a', two);
    await shop.platform.stop('a', one, patient());
    const three = await shop.program(`${PRINTS} // 3`, { version: '3.0.0' });
    await shop.deploy('a', three);
    await shop.platform.stop('a', two, patient());
    await shop.platform.prune('a', 'api', [three.id], patient());
    const logs = async (target: string) =>
      (await readdir(join(shop.sandbox.stateDir, 'logs/api', target))).toSorted();
    expect(await logs('a')).toEqual([`${two.id}.log`, `${three.id}.log`]);
    expect(await logs('b')).toEqual([`${one.id}.log`]);
  });

  test('starts no supervisor where nothing runs', async () => {
    await using shop = await Shop.open();
    const release = await shop.program(PRINTS);
    await shop.platform.stage('a', release, patient());
    await shop.platform.prune('a', 'api', [], patient());
    expect(await shop.platform.inspect('api', ['a'], patient())).toEqual([]);
    await shop.platform.stop('a', release, patient());
    expect(await shop.sandbox.supervisor.running()).toBe(null);
    expect(await shop.copies()).toEqual([]);
  });
});

test('a log is followed over restarts and rotations', async () => {
  await using shop = await Shop.open();
  const source = `console.log('start'); process.on('SIGUSR2', () => process.exit(1)); setInterval(() => {}, 60_000);`;
  const release = await shop.program(source);
  await shop.deploy('a', release);
  const abort = new AbortController();
  const lines = shop.platform.followLog('a', release, { signal: abort.signal, lines: 10 });
  expect((await lines.next()).value).toBe('start');
  const [instance] = await shop.platform.inspect('api', ['a'], patient());
  process.kill(instance?.pid as number, 'SIGUSR2');
  expect((await lines.next()).value).toBe('start');
  await rotate(shop.platform.logPath('a', release), 5);
  const again = await waitFor('the restart', async () => {
    const [now] = await shop.platform.inspect('api', ['a'], patient());
    return now?.state === 'running' && now.restarts === 1 ? now : null;
  });
  process.kill(again.pid as number, 'SIGUSR2');
  expect((await lines.next()).value).toBe('start');
  abort.abort();
  expect((await lines.next()).done).toBe(true);
});

test('two controllers that stage and activate one release at once get one copy and one process', async () => {
  await using shop = await Shop.open();
  const release = await shop.program(PRINTS);
  const client = shop.sandbox.client();
  const other = new ProcessPlatform({ supervisor: client });
  await Promise.all([shop.deploy('a', release), other.stage('a', release, patient())]);
  await Promise.all([
    shop.platform.activate('a', release, patient()),
    other.activate('a', release, patient()),
  ]);
  expect(await shop.copies()).toEqual([release.id]);
  const seen = [shop.platform, other].map((platform) => platform.inspect('api', ['a'], patient()));
  const [mine, theirs] = await Promise.all(seen);
  expect(mine).toHaveLength(1);
  expect(theirs).toEqual(mine);
  client.close();
});

test('a controller that is killed while it copies leaves no half release, and nothing in the way', async () => {
  await using shop = await Shop.open();
  for (let n = 0; n < 1_500; n += 1) await writeFile(join(shop.app, `file-${n}`), `${n}`.repeat(100));
  const release = await shop.program(PRINTS);
  const store = JSON.stringify(
    join(dirname(SUPERVISOR[1] as string), '../platforms/process/release-store.js'),
  );
  const { folder, content } = release.spec as { folder: string; content: string };
  const order = { service: 'api', release: release.id, target: 'a', folder, ignore: [], content };
  const source = `
    const { ReleaseStore } = await import(${store});
    const order = { ...${JSON.stringify(order)}, secrets: async () => null };
    const staged = new ReleaseStore(${JSON.stringify(shop.sandbox.stateDir)}).stage(order, new AbortController().signal);
    console.log('begun');
    await staged;
    console.log('staged');
  `;
  for (const killAfterMs of [20, 60, 120, 200, 300, 450]) {
    await using child = startProcess([process.execPath, '--input-type=module', '-e', source]);
    await waitFor('the start', () => child.stdout.includes('begun'));
    await sleep(killAfterMs);
    child.kill('SIGKILL');
    await child.ended;
    if ((await shop.copies()).length === 0) expect(child.stdout).not.toContain('staged');
    else expect(await shop.platform.verify(release, { thorough: true })).toEqual([]);
  }
  await shop.platform.stage('a', release, patient());
  expect(await shop.platform.verify(release, { thorough: true })).toEqual([]);
  const names = await readdir(join(shop.sandbox.stateDir, 'releases/api'));
  expect(names.toSorted()).toEqual(['.targets', release.id]);
});
