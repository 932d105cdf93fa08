import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { fill } from '../process/folders.ts';
import { PRINTS, Yard, type YardOptions } from './yard.ts';

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

describe('the ssh platform on a host that has little but busybox does what every platform must', () => {
  const list = execFileSync('busybox', ['--list'], { encoding: 'utf8' });
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  const applets = new Set(list.split('\n'));
  test.each(
    platformConformance(async () => {
      const opened = await opener({ sh: [busybox, 'sh'] })();
      const folder = await fill(join(opened.yard.stateDir, 'tools'), {});
      for (const applet of applets) {
        if (/^[a-z0-9]+$/.test(applet)) await symlink(busybox, join(folder, applet));
      }
      opened.yard.shells.path = folder;
      return opened;
    }),
  )('$name', ({ run }) => run());
});
