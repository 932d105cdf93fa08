/**
 * Makes the releases of the example, as the build of a real service would: one folder a version, with all it
 * needs to run. They go to `releases/` beside this file, or to the folder given.
 *
 *   node build.js [folder]
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Each bad one fails in a way of its own: `server.js` shows how. */
const VERSIONS = [
  { version: '1.0.0' },
  { version: '1.1.0' },
  { version: '1.2.0-broken', fault: 'no-database' },
  { version: '1.2.1-silent', fault: 'silent' },
  { version: '1.2.2-crash', fault: 'crash' },
];

const releases = resolve(process.argv[2] ?? join(import.meta.dirname, 'releases'));
for (const release of VERSIONS) {
  const folder = join(releases, release.version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'server.js'])
    copyFileSync(join(import.meta.dirname, file), join(folder, file));
  writeFileSync(join(folder, 'version.json'), `${JSON.stringify(release)}\n`);
  console.log(folder);
}
