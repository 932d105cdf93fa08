import { describe, test } from 'vitest';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { PRINTS, Yard, type YardOptions } from './yard.ts';

function opener(options: YardOptions) {
  return async (): Promise<OpenedPlatform> => {
    const yard = await Yard.open({}, options);
    return {
      platform: yard.platform,
      service: 'api',
      targets: ['ann@web 1', 'web-2.example.com'],
      release: (version) => yard.program(PRINTS, { version }),
      crashing: (version) => yard.program('echo broken; exit 3', { version }),
      close: () => yard[Symbol.asyncDispose](),
    };
  };
}

describe.each([
  ['sh', ['sh']],
  ['bash', ['bash']],
  ['busybox', ['busybox', 'sh']],
])('the ssh platform on %s does what every platform must', (_name, sh) => {
  test.each(platformConformance(opener({ sh })))('$name', ({ run }) => run());
});

describe('the ssh platform with two ports does what every platform must', () => {
  test.each(platformConformance(opener({ ports: [8081, 8082] })))('$name', ({ run }) => run());
});
