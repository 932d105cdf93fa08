/** The HTTP side as a whole, over operations that only take note, with a store of its own. */
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Grant } from '../../src/server/api/permissions.ts';
import { type App, type AppOptions, createApp } from '../../src/server/app.ts';
import { ServerStore } from '../../src/server/store/server-store.ts';
import type { NewToken } from '../../src/server/store/token-store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { FakeOperations } from './fake-operations.ts';

const ADMIN: Grant = { environment: '*', role: 'admin' };

export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly operations: FakeOperations;
  readonly store: ServerStore;
  readonly folder: string;
  /** What nobody expected. */
  readonly faults: unknown[];
  /** Milliseconds that have passed on its clock. */
  pass(ms: number): void;
  /** A token of `ann`, admin everywhere unless said otherwise. */
  token(options?: Partial<NewToken>): string;
  /** As JSON, from whoever has the token; by default from an admin. */
  ask(method: 'GET' | 'POST' | 'DELETE', url: string, options?: Ask): Promise<LightMyRequestResponse>;
}

export interface Ask {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** `null`: none. */
  readonly token?: string | null;
  readonly from?: string;
}

export async function testApp(options: Partial<AppOptions> = {}): Promise<TestApp> {
  const folder = await temporaryFolder();
  let now = Date.now();
  const store = await ServerStore.open({ file: join(folder.path, 'server.db'), now: () => now });
  const operations = new FakeOperations();
  const faults: unknown[] = [];
  const app = await createApp({
    operations,
    store,
    version: '0.1.0',
    dashboard: join(folder.path, 'dashboard'),
    onFault: (error) => faults.push(error),
    ...options,
  });
  const token: TestApp['token'] = (given = {}) =>
    store.tokens.make({ name: 'ann', grants: [ADMIN], by: 'test', ...given }).secret;
  let admin: string | undefined;
  return {
    app,
    operations,
    store,
    folder: folder.path,
    faults,
    pass: (ms) => {
      now += ms;
    },
    token,
    ask: (method, url, given = {}) => {
      admin ??= token();
      const bearer = given.token === undefined ? admin : given.token;
      const request: InjectOptions = {
        method,
        url,
        headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...given.headers },
        ...(given.body === undefined ? {} : { payload: given.body }),
        ...(given.from === undefined ? {} : { remoteAddress: given.from }),
      };
      return app.fastify.inject(request);
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      store[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
