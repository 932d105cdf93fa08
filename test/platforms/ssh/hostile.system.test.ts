/** Whatever a root, a command or a variable is: it arrives as it was, and nothing of it is run. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SshRun } from '../../../src/platforms/ssh/ssh-release.ts';
import { sshRunOf } from '../../../src/project/fleet/ssh-run.ts';
import { waitFor } from '../../support/wait-for.ts';
import { patient } from './workshop.ts';
import { Yard } from './yard.ts';

const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...Array.from(`'"\\$\`(){}[]*?~#!&|;<>\n\t -=%äé日😀a0`)),
    maxLength: 30,
  }),
  fc.constantFrom('$(touch pwned)', '`touch pwned`', '-n', "'; touch pwned; '", '\n', '$HOME'),
);
/** A folder has a name that can be one. */
const folder = text.map((name) => `r${name.replaceAll('/', '')}`);

test('hostile roots, commands and variables reach no shell', async () => {
  await fc.assert(
    fc.asyncProperty(folder, fc.array(text, { maxLength: 5 }), text, async (root, words, value) => {
      await using yard = await Yard.open({ 'main.sh': '' }, { root });
      const tell = 'printf "%s\\0" "$@" "$VALUE" "$PWD" >"$SLUICE_RUN/told"';
      const run: SshRun = {
        kind: 'commands',
        start: ['sh', '-c', tell, 'start', ...words],
        stop: ['rm', '-f', 'running', ...words.map((word) => `./no-${word}`)],
        status: ['false'],
      };
      const release = await yard.release({ run, env: { VALUE: value } });
      await yard.platform.stage('a', release, patient());
      await yard.platform.activate('a', release, patient());
      const service = join(yard.hosts.home('a'), root, 'api');
      const told = await readFile(join(service, '.sluice/run/1/told'), 'utf8');
      const where = join(service, 'releases', release.id);
      expect(told).toBe([...words, value, where].map((word) => `${word}\0`).join(''));
      expect(await readdir(where)).toEqual(['main.sh']);
      expect(await readdir(yard.hosts.home('a'))).toEqual([root]);
      await yard.platform.stop('a', release, patient());
    }),
    // What GNU tar takes for an escape in the name of a folder.
    {
      numRuns: 25,
      examples: [
        ['r\\0{', [], ''],
        ['r\\?%s\\n', ['-n'], '%s'],
      ],
    },
  );
});

const TELL = 'printf "%s\\0" "$@" "$VALUE" >>"$SLUICE_RUN/told"';

test('hostile words of every command, and values, reach it as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 4 }), text, async (words, value) => {
      await using yard = await Yard.open({ 'main.sh': '' });
      const tell = (verb: string) => ['sh', '-c', TELL, verb, verb, ...words];
      const run: SshRun = {
        kind: 'commands',
        start: tell('start'),
        stop: ['false'],
        status: ['false'],
        restart: tell('restart'),
      };
      const first = await yard.release({ run, env: { VALUE: value } });
      const second = await yard.release({ version: '2.0.0', run, env: { VALUE: value } });
      await yard.deploy('a', first);
      await yard.deploy('a', second);
      const told = await readFile(yard.path('a', '.sluice/run/1/told'), 'utf8');
      const once = (verb: string) => [verb, ...words, value].map((word) => `${word}\0`).join('');
      expect(told).toBe(once('start') + once('restart'));
      for (const { id } of [first, second])
        expect(await readdir(yard.path('a', 'releases', id))).toEqual(['main.sh']);
    }),
    { numRuns: 15 },
  );
});

test('hostile words of a detached command, and values, reach it as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 4 }), text, async (words, value) => {
      await using yard = await Yard.open({ 'main.sh': '' });
      const told =
        'printf "%s\\0" "$@" "$VALUE" >"$SLUICE_RUN/tell" && mv "$SLUICE_RUN/tell" "$SLUICE_RUN/told"';
      const command = ['sh', '-c', told, 'main', ...words];
      const run = sshRunOf({ command, stopTimeoutMs: 1_000 }, { run: { type: 'detached' } });
      const release = await yard.release({ run, env: { VALUE: value } });
      await yard.deploy('a', release);
      const file = yard.path('a', '.sluice/run/1/told');
      await waitFor('the command', () => existsSync(file));
      expect(await readFile(file, 'utf8')).toBe([...words, value].map((word) => `${word}\0`).join(''));
      expect(await readdir(yard.path('a', 'releases', release.id))).toEqual(['main.sh']);
      await yard.platform.stop('a', release, patient());
    }),
    { numRuns: 15 },
  );
});

test('hostile paths of what is shared are links, and nothing else', async () => {
  const part = text.map((name) => `s${name.replaceAll('/', '')}`);
  await fc.assert(
    fc.asyncProperty(part, part, async (folder, file) => {
      fc.pre(folder !== file);
      await using yard = await Yard.open({ 'main.sh': '' });
      const release = await yard.release({ shared: [`${folder}/`, `in/${file}`] });
      await yard.platform.stage('a', release, patient());
      const there = yard.path('a', 'releases', release.id);
      expect((await readdir(there)).toSorted()).toEqual(['in', 'main.sh', folder].toSorted());
      expect((await stat(join(there, folder))).isDirectory()).toBe(true);
      expect(await readdir(join(there, 'in'))).toEqual([file]);
      expect(await readFile(join(there, 'in', file), 'utf8')).toBe('');
      expect((await readdir(yard.path('a', 'shared'))).toSorted()).toEqual(['in', folder].toSorted());
      expect(await readdir(yard.hosts.home('a'))).toEqual(['apps']);
    }),
    { numRuns: 20 },
  );
});
