import { appendFile, mkdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { OperationError } from '../../../src/errors.ts';
import { cutLog } from '../../../src/platforms/ssh/scripts/logs.ts';
import { detached } from '../../../src/project/fleet/ssh-run.ts';
import { BUSYBOX } from '../../support/busybox.ts';
import { runProcess } from '../../support/run-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { patient } from './workshop.ts';
import { Yard } from './yard.ts';

const RELEASE = {
  id: '1.0.0-0123456789ab',
  service: 'api',
  version: '1.0.0',
  digest: '0123456789ab',
  spec: {},
};

class Following implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly troubles: (string | null)[] = [];
  readonly file: string;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;

  constructor(yard: Yard, lines: number) {
    this.file = yard.path('a', 'logs', `${RELEASE.id}.log`);
    const onTrouble = (trouble: OperationError | null) => this.troubles.push(trouble?.message ?? null);
    const followed = yard.platform.followLog('a', RELEASE, { signal: this.#ending.signal, lines, onTrouble });
    this.#ended = (async () => {
      for await (const line of followed) this.lines.push(line);
    })();
  }

  static async of(yard: Yard, past: string, lines = 2): Promise<Following> {
    await mkdir(yard.path('a', 'logs'), { recursive: true });
    await mkdir(yard.path('a', '.sluice/meta', RELEASE.id), { recursive: true });
    await writeFile(yard.path('a', '.sluice/meta', RELEASE.id, 'environment'), '#hide s/hunter2/[KEY]/g\n');
    await writeFile(yard.path('a', 'logs', `${RELEASE.id}.log`), past);
    const following = new Following(yard, lines);
    await waitFor(
      'the first look',
      () =>
        yard.shells.trips.length > 0 &&
        following.lines.length >= Math.min(lines, past.split('\n').length - 1),
    );
    return following;
  }

  async has(...lines: string[]): Promise<void> {
    await waitFor('the lines', () => this.lines.length >= lines.length);
    expect(this.lines).toEqual(lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#ended;
  }
}

describe.each([
  ['sh', '/bin/sh'],
  ['busybox', BUSYBOX],
])('following a log with %s', (_name, sh) => {
  test('begins with the last lines, and brings each whole line once, whatever is in it', async () => {
    await using yard = await Yard.open({}, { sh });
    await using following = await Following.of(yard, 'one\ntwo\nthree\nfo');
    await following.has('two', 'three');
    await appendFile(following.file, 'ur\n@ at 9 9\n\n  größe\t$(x)\\n hunter2\r\nha');
    await appendFile(following.file, 'lf\n');
    await following.has('two', 'three', 'four', '@ at 9 9', '', '  größe\t$(x)\\n [KEY]', 'half');
  });

  test('goes on over a cut, without losing or repeating a line, also a long way behind', async () => {
    await using yard = await Yard.open({}, { sh });
    await using following = await Following.of(yard, 'one\n');
    const many = Array.from({ length: 60_000 }, (_, index) => `line ${index}`);
    await appendFile(following.file, `${many.join('\n')}\nhalf `);
    await runProcess([
      sh,
      ...(sh === BUSYBOX ? ['sh'] : []),
      '-c',
      `${cutLog(100_000)}\ncut_log "$1"`,
      'sh',
      following.file,
    ]);
    expect((await stat(following.file)).size).toBe(0);
    await appendFile(following.file, 'a line\nlast\n');
    await waitFor('the last line', () => following.lines.at(-1) === 'last');
    expect(following.lines).toEqual(['one', ...many, 'half ', 'a line', 'last']);
    expect(await yard.platform.logTail('a', RELEASE, 3)).toEqual([many.at(-1), 'half a line', 'last']);
  });

  test('a log that somebody else has emptied is read from its beginning', async () => {
    await using yard = await Yard.open({}, { sh });
    await using following = await Following.of(yard, 'a long line\n');
    await truncate(following.file);
    await appendFile(following.file, 'new\n');
    await following.has('a long line', 'new');
  });
});

test('a log that is not there yet is waited for', async () => {
  await using yard = await Yard.open();
  await using following = await Following.of(yard, '', 5);
  await rename(following.file, `${following.file}.gone`);
  await appendFile(following.file, 'first\n');
  await following.has('first');
});

test('a detached service cuts its own log while it runs, and nothing of that outlives it', async () => {
  const run = {
    kind: 'commands',
    ...detached(['sh', 'main.sh'], 2_000, { limitBytes: 2_000, lookSeconds: 0.213 }),
  } as const;
  await using yard = await Yard.open();
  const source =
    'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "number $i"; sleep 0.005; done; exec sleep 4713';
  const release = await yard.program(source, { run });
  await yard.deploy('a', release);
  const log = yard.path('a', 'logs', `${release.id}.log`);
  await waitFor('the log to be cut', () => stat(`${log}.1`));
  const text = async () =>
    (await readFile(`${log}.1`, 'utf8')) + (await readFile(log, 'utf8').catch(() => ''));
  await waitFor('the last line', async () => (await text()).includes('number 400\n'));
  await waitFor('a small log', async () => (await stat(log)).size <= 2_000);
  await yard.platform.stop('a', release, patient());
  const { stdout } = await runProcess(['ps', '-eo', 'args']);
  expect(stdout.split('\n').filter((line) => line.includes('sleep 4713') || line === 'sleep 0.213')).toEqual(
    [],
  );
});
