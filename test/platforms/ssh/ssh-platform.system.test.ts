/** Over local shells; `fleet-conformance.system.test.ts` has the same on servers. */
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { BUSYBOX, busyboxTools } from '../../support/busybox.ts';
import { PRINTS } from './workshop.ts';
import { Yard, type YardOptions } from './yard.ts';

function opener(options: YardOptions) {
  return async (): Promise<OpenedPlatform & { yard: Yard }> => {
    const yard = await Yard.open({}, options);
    return {
      yard,
      platform: yard.platform,
      service: 'api',
      targets: ['ann@web 1', 'web-2.example.com'],
      release: (version) => yard.program(PRINTS, { version }),
      crashing: (version) => yard.program('echo broken; exit 3', { version }),
      close: () => yard[Symbol.asyncDispose](),
    };
  };
}

describe('the ssh platform does what every platform must', () => {
  test.each(platformConformance(opener({})))('$name', ({ run }) => run());
});

describe('the ssh platform with two ports does what every platform must', () => {
  test.each(platformConformance(opener({ ports: [8081, 8082] })))('$name', ({ run }) => run());
});

describe('the ssh platform on a host that has little but busybox does what every platform must', () => {
  test.each(
    platformConformance(async () => {
      const opened = await opener({ sh: BUSYBOX })();
      opened.yard.hosts.path = await busyboxTools(join(opened.yard.stateDir, 'tools'));
      return opened;
    }),
  )('$name', ({ run }) => run());
});
