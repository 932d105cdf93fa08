import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { BUSYBOX, busyboxTools } from '../../support/busybox.ts';
import { LocalShells } from '../../support/local-shells.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { shellCases } from './shell-cases.ts';

describe.each([
  ['with the tools of this machine', false],
  ['with those of busybox', true],
])('a session %s', (_, busybox) => {
  let folder: TemporaryFolder;
  let shells: LocalShells;
  beforeAll(async () => {
    folder = await temporaryFolder();
    shells = new LocalShells({ folder: join(folder.path, 'hosts'), ...(busybox ? { sh: BUSYBOX } : {}) });
    if (busybox) shells.path = await busyboxTools(join(folder.path, 'tools'));
  });
  afterAll(async () => {
    await shells.close();
    await folder[Symbol.asyncDispose]();
  });

  shellCases(() => shells.shell('local'));
});
