/** The literal text of what hosts are given to run. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandFiles } from '../../../src/platforms/ssh/scripts/commands.ts';
import { environmentFile } from '../../../src/platforms/ssh/scripts/environment-file.ts';
import { examineScript } from '../../../src/platforms/ssh/scripts/examine.ts';
import { execScript } from '../../../src/platforms/ssh/scripts/exec.ts';
import { followScript, logTailScript } from '../../../src/platforms/ssh/scripts/logs.ts';
import {
  activateScript,
  inspectScript,
  leaveScript,
  pruneScript,
  stopScript,
} from '../../../src/platforms/ssh/scripts/run.ts';
import {
  deliverScript,
  linkSharedScript,
  manifestScript,
  surveyScript,
} from '../../../src/platforms/ssh/scripts/stage.ts';

const DIGEST = 'd'.repeat(64);
const place = { root: "-it's $HOME", service: 'api', ports: [8081, 8082] };
const release = '1.0.0+a-0123456789ab';
const lease = {
  authority: 'journal-1',
  who: "ann's\nlaptop",
  doing: '$(x)',
  epoch: 3,
  since: 17,
  seconds: 600,
};
const delivery = {
  release,
  base: '0.9.0-ba9876543210',
  compression: 'zstd',
  manifest: DIGEST,
  sent: DIGEST,
  inventory: DIGEST,
} as const;
const order = { place, release, stopTimeoutMs: 2_500 };
const commands = {
  kind: 'commands',
  start: ['./bin/start', "it's", '$PORT', '-n'],
  stop: ['./bin/stop', ''],
  status: ['./bin/status'],
} as const;
const unit = {
  kind: 'systemd',
  command: ['bin/serve', '--title', '100% "of" $PORT', 'a\\b\nc'],
  scope: 'system',
  user: 'www-data',
} as const;

function files(named: Record<string, string>): string {
  return Object.entries(named)
    .map(([name, text]) => `--- ${name}\n${text}`)
    .join('');
}

const scripts: Record<string, string> = {
  survey: surveyScript(place, release, lease),
  manifest: manifestScript(place, release),
  'deliver-on-base': deliverScript(place, delivery, lease),
  'deliver-cold': deliverScript(place, { ...delivery, base: null, compression: 'gzip' }, null),
  'activate-beside': activateScript(place, release, lease, 15),
  'activate-in-place': activateScript({ ...place, ports: [] }, release, null, 15),
  stop: stopScript(place, release, null),
  prune: pruneScript(place, [release, '0.9.0-ba9876543210'], null),
  inspect: inspectScript(place, 15),
  'follow-begin': followScript(place, release, null, 50),
  'follow-on': followScript(place, release, '12-34 56', 50),
  'log-tail': logTailScript(place, release, 20),
  exec: execScript(place, ['ls', '-l', "it's $HOME"], null),
  'exec-as': execScript(place, ['node', '--', ''], 'www-data'),
  leave: leaveScript(place, lease),
  'examine-detached': examineScript({ place, ports: place.ports, run: { kind: 'detached' } }),
  'examine-system-unit': examineScript({
    place,
    ports: [],
    run: { kind: 'systemd', scope: 'system', user: 'www-data' },
  }),
  'examine-user-unit': examineScript({ place, ports: [80], run: { kind: 'systemd', scope: 'user' } }),
};

const staged: Record<string, string> = {
  'link-shared': linkSharedScript(['up loads/', "it's/db.sqlite", '-x'], null),
  'link-shared-of-user': linkSharedScript(['uploads/', '.env'], 'www-data'),
  environment: environmentFile({ B: 'a "b" $c `d` \\ \'\ne', A: '' }),
  commands: files(commandFiles({ ...order, run: commands, slots: 2 })),
  'system-unit': files(
    commandFiles({ ...order, place: { ...place, root: '/srv/100% web' }, run: unit, slots: 2 }),
  ),
  'user-unit': files(
    commandFiles({
      ...order,
      place: { ...place, root: '-its $HOME [*]' },
      run: { kind: 'systemd', command: ['node', 'x.js'], scope: 'user' },
      slots: 1,
    }),
  ),
};

describe('scripts', () => {
  test.each(Object.entries(scripts))('%s', async (name, script) => {
    await expect(script).toMatchFileSnapshot(`golden/${name}.sh`);
    for (const shell of ['dash', 'bash']) execFileSync(shell, ['-n', '-c', script]);
  });
});

describe('what is staged beside a release', () => {
  test.each(Object.entries(staged))('%s', async (name, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

test.each([[[]], [['']], [['-c', 'x']]])('%j is no command to run', (argv) => {
  expect(() => execScript(place, argv, null)).toThrow('is no program');
});

test.each([
  [['x', '\x1b'], '"\\u001b" cannot be in the command of a unit'],
  [['x', '\uffff'], 'cannot be in the command of a unit'],
  [['-x'], 'cannot start the program "-x"'],
  [["it's/x"], `cannot start the program "it's/x"`],
])('%j is no command of a unit', (command, message) => {
  const run = { kind: 'systemd', command, scope: 'user' } as const;
  expect(() => commandFiles({ ...order, place: { ...place, root: 'apps' }, run, slots: 1 })).toThrow(message);
});

test.each([
  ['apps', 'system'],
  ['/srv/a\\b', 'system'],
  ['a\nb', 'user'],
  ["it's", 'user'],
  ['/a\ufdd0', 'system'],
] as const)('%j cannot be the root of a %s unit', (root, scope) => {
  const run = { kind: 'systemd', command: ['x'], scope } as const;
  expect(() => commandFiles({ ...order, place: { root, service: 'api' }, run, slots: 1 })).toThrow(
    `cannot be the root folder of a ${scope} unit`,
  );
});
