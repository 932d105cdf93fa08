import { describe, test } from 'vitest';
import { routerConformance } from '../../../src/testing/router-conformance.ts';
import type { OpenedRouter } from '../../../src/testing/router-fixtures.ts';
import { requires } from '../../support/requires.ts';
import { startCaddy } from './fixtures.ts';

async function open(): Promise<OpenedRouter> {
  const caddy = await startCaddy();
  const close = async () => await caddy[Symbol.asyncDispose]();
  // A new config resets connections (Caddy 2.6 gives its sockets up at each); Caddy counts none of an upstream.
  const lacks = { connections: 'reset', countsRequests: false } as const;
  return { router: caddy.router(), service: 'api', url: caddy.url, tolerance: 1, ...lacks, close };
}

describe.runIf(requires('caddy'))('CaddyRouter is a router', () => {
  test.each(routerConformance(open))('$name', ({ run }) => run());
});
