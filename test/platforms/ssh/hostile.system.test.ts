/** Whatever a root, a command or a variable is: it arrives as it was, and nothing of it is run. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SshRun } from '../../../src/platforms/ssh/ssh-release.ts';
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
    { numRuns: 25 },
  );
});
