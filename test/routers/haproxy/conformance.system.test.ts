import { describe, test } from 'vitest';
import { routerConformance } from '../../../src/testing/router-conformance.ts';
import type { OpenedRouter } from '../../../src/testing/router-fixtures.ts';
import { requires } from '../../support/requires.ts';
import { startHaproxy } from './fixtures.ts';

async function open(): Promise<OpenedRouter> {
  const haproxy = await startHaproxy();
  const close = async () => await haproxy[Symbol.asyncDispose]();
  return { router: haproxy.router(), service: 'api', url: haproxy.url, tolerance: 2, close };
}

describe.runIf(requires('haproxy'))('HaproxyRouter is a router', () => {
  test.each(routerConformance(open))('$name', ({ run }) => run());
});
