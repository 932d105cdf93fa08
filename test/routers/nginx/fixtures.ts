import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import { NginxRouter, type NginxRouterOptions } from '../../../src/routers/nginx/nginx-router.ts';
import { freePort } from '../../support/free-port.ts';
import { runProcess, type StartedProcess, startProcess } from '../../support/run-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ask } from '../ask.ts';

/** A real nginx with two workers, in a folder of its own. */
export interface StartedNginx extends AsyncDisposable {
  readonly config: string;
  /** Where Sluice writes. */
  readonly folder: string;
  /** What Sluice writes for the service `api`. */
  readonly file: string;
  readonly pidFile: string;
  readonly url: string;
  readonly process: StartedProcess;
  readonly options: NginxRouterOptions;
  router(options?: NginxRouterOptions): NginxRouter;
  /** What `nginx -t` says of the config as it is. */
  test(): Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
  text(): Promise<string>;
}

/** An operation that nobody gives up. */
export const CONTEXT: OperationContext = { signal: new AbortController().signal };

export interface NginxOptions {
  /** More for the section `http`. */
  readonly more?: string;
  /** More for the location of the service. */
  readonly location?: string;
}

export async function startNginx({ more = '', location = '' }: NginxOptions = {}): Promise<StartedNginx> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const [config, pidFile, included] = ['nginx.conf', 'nginx.pid', 'conf.d'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  await mkdir(included);
  // Its workers are of another user where it is started by root.
  await chmod(folder.path, 0o755);
  await writeFile(config, configText(folder.path, port, more));
  // As the first deployment would leave it, so that it can be started.
  await writeFile(join(folder.path, 'site.conf'), '');
  const nginx = ['nginx', '-c', config];
  const process = startProcess([...nginx, '-g', 'daemon off;'], { cwd: folder.path, timeoutMs: 120_000 });
  await waitFor('nginx', async () => (await readFile(pidFile, 'utf8')).trim() !== '');
  const options = { folder: included, nginx, pidFile };
  // A site can only name an upstream that is there: nginx would not start otherwise.
  await new NginxRouter(options).admit('api', NOBODY, null, CONTEXT);
  await new NginxRouter(options).drain('api', NOBODY.target, NOBODY.release, CONTEXT);
  await writeFile(
    join(folder.path, 'site.conf'),
    `server { listen 127.0.0.1:${port}; location / { proxy_pass http://api; ${location} } }`,
  );
  await runProcess([...nginx, '-s', 'reload']);
  await waitFor('the site', async () => (await ask(`http://127.0.0.1:${port}`)).includes('502'));
  return {
    config,
    folder: included,
    file: join(included, 'sluice-api.conf'),
    pidFile,
    process,
    options,
    url: `http://127.0.0.1:${port}`,
    router: (more = {}) => new NginxRouter({ ...options, ...more }),
    test: () => runProcess([...nginx, '-t']),
    text: () => readFile(join(included, 'sluice-api.conf'), 'utf8'),
    async [Symbol.asyncDispose]() {
      process.kill('SIGTERM');
      await process.ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

const NOBODY = { target: 'nobody', release: '0', address: { host: '127.0.0.1', port: 9 } };

function configText(folder: string, port: number, more: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `    ${kind}_temp_path ${folder}/temp-${kind};`)
    .join('\n');
  return `worker_processes 2;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log notice;
events { worker_connections 256; }
http {
    access_log off;
${temporary}
    include ${folder}/conf.d/*.conf;
    include ${folder}/site.conf;
    ${more}
    # ${port}
}
`;
}
