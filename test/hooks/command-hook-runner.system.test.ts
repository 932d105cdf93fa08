import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HookStep } from '../../src/domain/step.ts';
import { messageOf, OperationError } from '../../src/errors.ts';
import { CommandHookRunner } from '../../src/hooks/command-hook-runner.ts';
import type { HookSubject } from '../../src/hooks/hook-runner.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const SUBJECT: HookSubject = {
  deployment: 'api-7',
  service: 'api',
  environment: 'production',
  version: '2.0.0',
  direction: 'forward',
  outcome: null,
  reason: null,
  attempt: 1,
};

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function hook(command: readonly string[], timeoutMs = 10_000): HookStep {
  return { kind: 'hook', name: 'migrate', command, timeoutMs };
}

/** A hook that runs this script. */
function script(text: string, timeoutMs?: number, ...args: string[]): HookStep {
  return hook([process.execPath, '-e', text, ...args], timeoutMs);
}

function run(step: HookStep, subject = SUBJECT, signal = new AbortController().signal): Promise<void> {
  return new CommandHookRunner(folder.path).run(step, subject, { signal });
}

describe('CommandHookRunner', () => {
  test('runs the command in its folder, and tells it what it is about', async () => {
    const report = `require('fs').writeFileSync('report.json', JSON.stringify(
      Object.entries(process.env).filter(([name]) => name.startsWith('SLUICE_')).sort()))`;
    const reason = 'not healthy: got \0 twice';
    await run(script(report), { ...SUBJECT, attempt: 2, direction: 'back', outcome: 'rolled-back', reason });
    expect(JSON.parse(await readFile(join(folder.path, 'report.json'), 'utf8'))).toEqual([
      ['SLUICE_ATTEMPT', '2'],
      ['SLUICE_DEPLOYMENT', 'api-7'],
      ['SLUICE_DIRECTION', 'back'],
      ['SLUICE_ENVIRONMENT', 'production'],
      ['SLUICE_OUTCOME', 'rolled-back'],
      ['SLUICE_REASON', 'not healthy: got  twice'],
      ['SLUICE_SERVICE', 'api'],
      ['SLUICE_VERSION', '2.0.0'],
    ]);
  });

  test('hands arguments over as they are: there is no shell', async () => {
    const args = ['$(touch owned)', '; touch owned', '*', ''];
    const echo = `require('fs').writeFileSync('args.json', JSON.stringify(process.argv.slice(1)))`;
    await run(script(echo, undefined, ...args));
    expect(JSON.parse(await readFile(join(folder.path, 'args.json'), 'utf8'))).toEqual(args);
  });

  test('an exit code other than 0 is a failure, not to be repeated, with what it wrote', async () => {
    const failed = run(script(`console.log('so far'); console.error('no database'); process.exitCode = 3`));
    await expect(failed).rejects.toMatchObject({
      name: OperationError.name,
      message: 'hook migrate ended with exit code 3',
      retryable: false,
      evidence: { exitCode: 3, log: expect.arrayContaining(['so far', 'no database']) },
    });
  });

  test('keeps only the end of what it wrote', async () => {
    const failed = run(script(`for (let n = 1; n <= 40; n++) console.log('line', n); process.exitCode = 1`));
    const log = Array.from({ length: 15 }, (_, index) => `line ${26 + index}`);
    await expect(failed).rejects.toMatchObject({ evidence: { log } });
  });

  test('ended by a signal is a failure too', async () => {
    await expect(run(script(`process.kill(process.pid, 'SIGKILL')`))).rejects.toMatchObject({
      message: 'hook migrate was ended by SIGKILL',
      evidence: { signal: 'SIGKILL' },
    });
  });

  test('a program that does not exist', async () => {
    await expect(run(hook([join(folder.path, 'nowhere')]))).rejects.toMatchObject({
      message: expect.stringMatching(/^hook migrate cannot be started: .*ENOENT/),
      retryable: false,
    });
    await expect(run(hook([]))).rejects.toThrow('hook migrate has no command');
  });

  test.each(['its time is up', 'it is no longer wanted'])(
    'ends with all that it started when %s',
    async (why) => {
      const file = join(folder.path, `child-${why.length}`);
      await writeFile(file, '');
      // A child that would go on writing, and a parent that waits for it.
      const child = `setInterval(() => require('fs').appendFileSync(${JSON.stringify(file)}, '.'), 20)`;
      const parent = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); setInterval(() => {}, 1000)`;
      const giveUp = new AbortController();
      const isTime = why === 'its time is up';
      const ended = run(script(parent, isTime ? 1_500 : 60_000), SUBJECT, giveUp.signal).catch(messageOf);
      await waitFor('the child to write', async () => (await readFile(file)).length > 0);
      if (!isTime) giveUp.abort();
      expect(await ended).toBe('hook migrate was ended by SIGTERM');
      const written = (await readFile(file)).length;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect((await readFile(file)).length).toBe(written);
    },
  );
});
