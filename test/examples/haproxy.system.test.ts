import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPOSITORY } from '../docs/pages.ts';
import { freePort } from '../support/free-port.ts';
import { requires } from '../support/requires.ts';
import { runProcess, startProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

describe.runIf(requires('haproxy'))('examples/haproxy', () => {
  test('shifts to the new release, and takes all of its servers back', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await cp(join(REPOSITORY, 'examples', 'haproxy'), cwd, { recursive: true });
    await mkdir(join(cwd, 'node_modules'));
    await symlink(REPOSITORY, join(cwd, 'node_modules', 'sluice'));
    await writeFile(join(cwd, 'package.json'), '{ "type": "module" }');
    const url = `http://127.0.0.1:${await freePort()}/`;
    const file = join(cwd, 'haproxy.cfg');
    const config = (await readFile(file, 'utf8')).replace('127.0.0.1:8080', new URL(url).host);
    await writeFile(file, config);

    await using _haproxy = startProcess(['haproxy', '-db', '-f', 'haproxy.cfg'], { cwd });
    await waitFor('HAProxy', () => fetch(url));
    const { stdout, stderr } = await runProcess([process.execPath, 'canary.js', url], { cwd });
    expect({ stdout: stdout.split('\n'), stderr }).toEqual({
      stdout: [
        " 0 % { '1.0.0': 100 }",
        // Ten of a hundred, but for where in its round HAProxy begins.
        expect.stringMatching(
          /^10 % \{ '1\.0\.0': (90, '2\.0\.0': 10|91, '2\.0\.0': 9|89, '2\.0\.0': 11) \}$/,
        ),
        "all  { '2.0.0': 100 } and 0 cut off",
        '',
      ],
      stderr: '',
    });
    // Who gets everything stays on record; servers are left to nobody.
    const split = '    # split {"release":"2.0.0","percent":100}\n';
    expect(await readFile(file, 'utf8')).toBe(
      config.replace('    # sluice end api', `${split}    # sluice end api`),
    );
  });
});
