import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunNeeds } from '../../../src/platforms/ssh/scripts/examine.ts';
import { fill } from '../process/folders.ts';
import { patient } from './workshop.ts';
import { Yard } from './yard.ts';

const DETACHED: RunNeeds = { kind: 'detached' };

async function listening(): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

/** Programs by their text, found before those of the machine. */
async function install(yard: Yard, programs: Record<string, string>): Promise<void> {
  const tree = Object.entries(programs).map(([name, text]) => [name, { executable: `#!/bin/sh\n${text}\n` }]);
  const folder = await fill(join(yard.stateDir, 'programs'), Object.fromEntries(tree));
  yard.hosts.path = `${folder}:/usr/bin:/bin`;
}

describe.each([
  ['sh', '/bin/sh'],
  ['bash', '/bin/bash'],
])('a host with %s', (_name, sh) => {
  test('tells what it has before anything of ours is there, and is left as it was', async () => {
    await using other = await listening();
    await using yard = await Yard.open({}, { sh, ports: [other.port, 1] });
    const report = await yard.platform.examine('a', 'api', DETACHED, patient());
    expect(report).toMatchObject({
      clockAhead: 0,
      lacks: [],
      folder: { state: 'open' },
      ports: new Map([
        [other.port, 'taken'],
        [1, 'free'],
      ]),
      systemd: null,
      leased: null,
    });
    expect(report.freeBytes).toBeGreaterThan(0);
    expect(yard.shells.trips.length).toBe(1);
    await expect(yard.releases('a')).rejects.toThrow('ENOENT');
  });

  test('knows a port of ours, and a file in the way of the folder', async () => {
    await using other = await listening();
    await using yard = await Yard.open({}, { sh, ports: [other.port] });
    await yard.deploy('a', await yard.program('exec sleep 600'));
    const { ports } = await yard.platform.examine('a', 'api', DETACHED, patient());
    expect(ports).toEqual(new Map([[other.port, 'ours']]));

    await mkdir(yard.hosts.home('b'), { recursive: true });
    await writeFile(join(yard.hosts.home('b'), 'apps'), '');
    const blocked = await yard.platform.examine('b', 'api', DETACHED, patient());
    expect(blocked.folder).toEqual({ state: 'blocked', path: './apps' });
  });
});

describe('systemd', () => {
  const unit = (scope: 'system' | 'user', user?: string): RunNeeds => ({
    kind: 'systemd',
    scope,
    ...(user === undefined ? {} : { user }),
  });
  const reaches = 'case "$*" in "show -p Version") exit 0 ;; esac; exit 1';

  test.each<[expected: string, run: RunNeeds, programs: Record<string, string>]>([
    ['absent', unit('system'), { systemctl: 'exit 1' }],
    ['usable', unit('system', 'nobody'), { systemctl: 'exit 0', id: '[ "$1" != -u ] || echo 0' }],
    ['stranger', unit('system', 'no-one-at-all'), { systemctl: 'exit 0' }],
    ['powerless', unit('system'), { systemctl: 'exit 0', id: 'echo 1000' }],
    ['fleeting', unit('user'), { systemctl: 'exit 0', loginctl: 'echo no' }],
    ['unreachable', unit('user'), { systemctl: reaches, loginctl: 'echo yes' }],
    ['usable', unit('user'), { systemctl: 'exit 0', loginctl: 'echo yes' }],
  ])('is %s for %j', async (expected, run, programs) => {
    await using yard = await Yard.open();
    await install(yard, programs);
    const { systemd } = await yard.platform.examine('a', 'api', run, patient());
    expect(systemd).toBe(expected);
  });
});

test('what is lacking is named', async () => {
  await using yard = await Yard.open();
  const folder = await fill(join(yard.stateDir, 'programs'), {});
  const there =
    'sh cat cp date dd df find grep gzip head id kill ln mkdir mv readlink rm sed sleep sort tail touch wc';
  for (const tool of there.split(' ')) {
    const found = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    if (found.startsWith('/')) await symlink(found, join(folder, tool));
  }
  yard.hosts.path = folder;
  expect(await yard.platform.examine('a', 'api', DETACHED, patient())).toMatchObject({
    lacks: ['tar', 'xargs', 'cut', 'sha256sum', 'setsid'],
    compression: 'gzip',
  });
});
