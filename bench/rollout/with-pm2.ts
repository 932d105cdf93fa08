/** The service as PM2 runs it: in cluster mode, where its instances share the port. */
import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { HelloVersion } from '../../test/e2e/hello-project.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type ProcessResult, runProcess } from '../../test/support/run-process.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type Change, type Contender, INSTANCES, versionAt } from './contender.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const PM2 = join(REPOSITORY, 'node_modules', 'pm2', 'bin', 'pm2');
const COMMAND_TIMEOUT_MS = 120_000;

export async function startWithPm2(): Promise<Contender> {
  const folder = await temporaryFolder();
  const dir = folder.path;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  await runProcess([process.execPath, join(REPOSITORY, 'examples/hello/build.js'), join(dir, 'releases')]);
  build('1.0.0');
  const script = join(dir, 'app', 'server.js');
  const name = 'hello';
  const env = { PORT: String(port) };
  // Not longer than PM2's 1.6 s from signal to kill: PM2's own channel keeps the process alive to the end of it.
  const app = { name, script, exec_mode: 'cluster', instances: INSTANCES, env, vizion: false };
  const file = join(dir, 'pm2.json');
  writeFileSync(file, JSON.stringify({ apps: [app] }));

  await pm2('start', file);
  await waitFor('the service of pm2', async () => (await versionAt(url)) === '1.0.0');
  return {
    name: 'pm2 reload',
    url,
    upgrade: reload,
    goBack: reload,
    async [Symbol.asyncDispose]() {
      await pm2('kill');
      await folder[Symbol.asyncDispose]();
    },
  };

  /** Over what is there, so that an instance that starts meanwhile finds its files. */
  function build(version: HelloVersion): void {
    cpSync(join(dir, 'releases', version), join(dir, 'app'), { recursive: true });
  }

  async function reload(version: HelloVersion): Promise<Change> {
    build(version);
    const begun = performance.now();
    const { exitCode, stdout, stderr } = await pm2('reload', name);
    return { exitCode, ms: performance.now() - begun, printed: `${stdout}${stderr}` };
  }

  function pm2(...args: string[]): Promise<ProcessResult> {
    // The signal that the example ends at, in its own time; PM2's default is SIGINT, which would cut it off.
    const env = { PM2_HOME: join(dir, 'pm2'), PM2_KILL_SIGNAL: 'SIGTERM', PM2_DISABLE_VERSION_CHECK: 'true' };
    return runProcess([process.execPath, PM2, ...args], { cwd: dir, env, timeoutMs: COMMAND_TIMEOUT_MS });
  }
}
