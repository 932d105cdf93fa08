import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fill } from '../platforms/process/folders.ts';

/** Where the program is. */
export const BUSYBOX = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();

/** Makes a folder in which every tool is the one of busybox, for the `PATH` of a host that has no other. */
export async function busyboxTools(folder: string): Promise<string> {
  await fill(folder, {});
  const applets = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) {
    if (/^[a-z0-9]+$/.test(applet)) await symlink(BUSYBOX, join(folder, applet));
  }
  return folder;
}
