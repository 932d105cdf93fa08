import { describe, test } from 'vitest';
import { routerConformance } from '../../../src/testing/router-conformance.ts';
import type { OpenedRouter } from '../../../src/testing/router-fixtures.ts';
import { requires } from '../../support/requires.ts';
import { startNginx } from './fixtures.ts';

async function open(): Promise<OpenedRouter> {
  const nginx = await startNginx();
  const close = async () => await nginx[Symbol.asyncDispose]();
  // A reload resets connections whose request was not read yet; nginx counts no requests of a server.
  const lacks = { connections: 'reset', countsRequests: false } as const;
  return { router: nginx.router(), service: 'api', url: nginx.url, tolerance: 1, ...lacks, close };
}

describe.runIf(requires('nginx'))('NginxRouter is a router', () => {
  // Each has an nginx of its own, and waits for its reloads most of the time.
  test.concurrent.each(routerConformance(open))('$name', ({ run }) => run());
});
