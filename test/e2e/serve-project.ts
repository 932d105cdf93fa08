/** A real server on a project: `sluice serve`, as a person starts it. */
import type { StartedProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';
import type { HelloProject } from './hello-project.ts';

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly process: StartedProcess;
  /** As JSON; throws unless it was answered with a success. */
  ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
  fetch(path: string, options?: RequestInit): Promise<Response>;
  /** The deployment, once this is true of it. */
  until(id: string, what: string, is: (view: SeenDeployment) => boolean): Promise<SeenDeployment>;
}

export interface SeenDeployment {
  readonly summary: { readonly outcome: string | null; readonly seq: number; readonly by: string };
  readonly gate: { readonly question: string } | null;
  readonly attended: boolean;
}

/** A token of `ann`, who may everything; kept by the project. */
export async function adminToken(project: HelloProject): Promise<string> {
  const { stdout } = await project.sluice('token', 'create', '--name', 'ann', '--role', 'admin');
  return stdout.trim();
}

export async function serve(
  project: HelloProject,
  token: string,
  ...options: string[]
): Promise<RunningServer> {
  const started = project.start('serve', '--port', '0', ...options);
  const url = await waitFor('the server', () => /http:\/\/\S+/.exec(started.stdout)?.[0]);
  const request = (path: string, { headers, ...rest }: RequestInit = {}) =>
    fetch(new URL(path, url), {
      ...rest,
      headers: { authorization: `Bearer ${token}`, ...(headers as Record<string, string>) },
    });
  const ask: RunningServer['ask'] = async (method, path, body) => {
    const sent =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await request(path, { method, ...sent });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as never;
  };
  return {
    url,
    process: started,
    ask,
    fetch: request,
    until: (id, what, is) =>
      waitFor(
        `${id}: ${what}`,
        async () => {
          const view = await ask<SeenDeployment>('GET', `/api/v1/deployments/${id}`);
          return is(view) && view;
        },
        { timeoutMs: 30_000, intervalMs: 50 },
      ),
    async [Symbol.asyncDispose]() {
      started.kill('SIGTERM');
      await started.ended;
    },
  };
}
