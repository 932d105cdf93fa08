/** From a plain Node project to a service that runs: `sluice init`, then `sluice deploy`, as a new user does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ENVIRONMENT, SLUICE } from './hello-project.ts';

const SERVER = `
const server = require('node:http').createServer((request, response) => response.end('shop ' + process.env.PORT));
server.listen(process.env.PORT);
process.once('SIGTERM', () => server.close());
`;

/** A shop with a start script, and what runs `sluice` in its folder. */
async function plainProject(manifest: Record<string, unknown>) {
  const folder = await temporaryFolder();
  writeFileSync(join(folder.path, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder.path, 'server.js'), SERVER);
  const sluice = (...words: string[]) =>
    runProcess([...SLUICE, ...words], { cwd: folder.path, env: ENVIRONMENT, timeoutMs: 60_000 });
  return {
    path: folder.path,
    config: join(folder.path, 'sluice.config.yaml'),
    sluice,
    async [Symbol.asyncDispose]() {
      await sluice('stop', '--all');
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a project with a start script is deployed after init, as it is', async () => {
  const manifest = { name: '@acme/web-shop', version: '0.3.1', scripts: { start: 'node server.js' } };
  await using project = await plainProject(manifest);
  const init = await project.sluice('init');
  expect([init.exitCode, init.stderr]).toEqual([0, '']);
  expect(init.stdout).toBe(
    'Wrote sluice.config.yaml for the service web-shop. It starts `node server.js` (the start script of package.json).\n' +
      'Next: sluice plan, then sluice deploy.\n',
  );
  // Whatever has the usual port on this machine.
  const port = await freePort();
  writeFileSync(project.config, readFileSync(project.config, 'utf8').replace(/port: \d+/, `port: ${port}`));

  const plan = await project.sluice('plan');
  expect(plan.stdout).toContain('web-shop  0.3.1  in local, the first deployment');
  const deployed = await project.sluice('deploy');
  expect([deployed.exitCode, deployed.stderr]).toEqual([0, '']);
  expect(deployed.stdout).toContain('✓ web-shop 0.3.1 is live in local');
  expect(await (await fetch(`http://localhost:${port}/`)).text()).toMatch(/^shop \d+$/);
  expect((await project.sluice('status')).exitCode).toBe(0);

  const again = await project.sluice('init');
  expect([again.exitCode, again.stderr.split('\n')[0]]).toEqual([
    2,
    '✗ there is a config already: sluice.config.yaml',
  ]);
});

test('a project without anything to start is told where to say what', async () => {
  await using folder = await temporaryFolder();
  const init = await runProcess([...SLUICE, 'init'], { cwd: folder.path, env: ENVIRONMENT });
  expect(init.exitCode).toBe(0);
  expect(init.stdout).toContain('Write the command that starts it into it.');
  const deployed = await runProcess([...SLUICE, 'config'], { cwd: folder.path, env: ENVIRONMENT });
  expect(deployed.exitCode).toBe(0);
});
