import { describe, test } from 'vitest';
import { EmbeddedRouter } from '../../../src/routers/embedded/embedded-router.ts';
import { routerConformance } from '../../../src/testing/router-conformance.ts';
import type { OpenedRouter } from '../../../src/testing/router-fixtures.ts';

async function open(): Promise<OpenedRouter> {
  const router = new EmbeddedRouter();
  await router.configure({ service: 'api', queueTimeoutMs: 100 });
  const { host, port } = router.address('api')!;
  const close = () => router.close({ graceMs: 0 });
  return { router, service: 'api', url: `http://${host}:${port}`, tolerance: 0, close };
}

describe('EmbeddedRouter is a router', () => {
  test.each(routerConformance(open))('$name', ({ run }) => run());
});
