/** A service on this machine that prints its own secret: neither its log nor the evidence of a crash shows it. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesWith, formsOf } from '../support/secret-watch.ts';
import { HelloProject } from './hello-project.ts';

const SECRET = `correct horse "battery" $(touch pwned) staple`;

test('a secret that a service prints is hidden in logs, evidence, the journal and exports', async () => {
  await using project = await HelloProject.create({
    instances: 1,
    strategy: 'rolling',
    command: `[sh, -c, 'echo "token $TOKEN"; exec node server.js']`,
    more: '    secrets: [TOKEN]\n    hooks: { onFailure: [{ name: tell, command: [sh, -c, "echo $TOKEN; exit 1"] }] }\n',
  });
  const env = { TOKEN: SECRET };
  const needles = formsOf(SECRET);
  const sluice = async (exitCode: number, ...args: string[]) => {
    const result = await project.sluiceWith({ env }, ...args);
    expect({ args, ...result }).toMatchObject({ exitCode });
    for (const needle of needles) expect(result.stdout + result.stderr).not.toContain(needle);
    return result.stdout;
  };
  project.build('1.0.0');
  await sluice(0, 'deploy', 'hello', '1.0.0');
  project.build('1.2.2-crash');
  const failed = await sluice(3, 'deploy', 'hello', '1.2.2');
  expect(failed).toContain('token [TOKEN]');
  const logs = await sluice(0, 'logs', 'hello', '--json');
  expect(logs).toContain('token [TOKEN]');
  await sluice(0, 'show', '--json');
  await sluice(0, 'export', '--all');

  for (const file of filesWith(needles, join(project.dir, '.sluice'))) {
    expect(file).toMatch(/\/secrets\.json$|\/logs\/hello\/[^/]+\/[^/]+\.log$/);
    expect(statSync(file).mode & 0o077).toBe(0);
  }
});
