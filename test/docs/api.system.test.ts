/** docs/api.md, followed to the letter against a real server: its commands answer what it says. */
import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { HelloProject } from '../e2e/hello-project.ts';
import { adminToken, serve } from '../e2e/serve-project.ts';
import { runProcess } from '../support/run-process.ts';
import { blocksOf, REPOSITORY } from './pages.ts';

const PAGE = 'docs/api.md';
const STRATEGY = '{ type: canary, bake: 100ms, stages: [50, { percent: 80, gate: "Looks good?" }, 100] }';

test('every command does and answers what the page says', { timeout: 120_000 }, async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: STRATEGY });
  project.build('1.0.0');
  const token = await adminToken(project);
  await using server = await serve(project, token);
  const bin = join(project.dir, 'bin');
  await mkdir(bin);
  await symlink(join(REPOSITORY, 'dist/cli/main.js'), join(bin, 'sluice'));
  const env = {
    PATH: [bin, process.env.PATH].join(delimiter),
    SLUICE_URL: server.url,
    SLUICE_TOKEN: token,
  };
  let answered = '';
  let commands = 0;
  for (const { language, text, mark, line } of blocksOf(PAGE)) {
    if (language === 'sh' && mark?.startsWith('run')) {
      const [, when, id] = /^run: (at the gate|after the end) of (\S+)$/.exec(mark) ?? [];
      if (id !== undefined && when === 'at the gate')
        await server.until(id, 'its gate', ({ gate }) => gate !== null);
      else if (id !== undefined) await ended(id);
      const { stdout, stderr, exitCode } = await runProcess(['sh', '-e', '-c', text], {
        cwd: project.dir,
        env,
      });
      expect({ line, stderr, exitCode }).toMatchObject({ line, exitCode: 0 });
      answered = stdout;
      commands++;
    } else if (language === 'json') {
      expect({ line, answer: JSON.parse(answered) as unknown }).toMatchObject({
        line,
        answer: JSON.parse(text) as object,
      });
    }
    if (text.includes('/stream')) expect(answered).toMatch(/^id: 3$[\s\S]*^event: end$/m);
    // What is deployed is what is in the folder.
    if (text.includes('hello-1/stream')) project.build('1.1.0');
  }
  expect(commands).toBeGreaterThan(10);

  async function ended(id: string): Promise<void> {
    await server.until(id, 'its end', ({ summary }) => summary.outcome !== null);
  }
});
