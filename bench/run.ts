/**
 * Runs the measurements one after the other, or the one that is named:
 *
 *     npm run bench
 *     npm run bench -- status
 *     npm run bench -- rollout 1 2      what follows the name is for it; its own first lines say what it takes
 *
 * What each prints is Markdown; `RESULTS.md` was put together from it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const BENCHES = ['rollout', 'orchestration', 'status', 'router', 'journal', 'server', 'browser'];
/** Takes an hour, root, and what it is measured beside: only where it is named. */
const WHERE_NAMED = ['ssh'];
const JITI = join(import.meta.dirname, '..', 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && ![...BENCHES, ...WHERE_NAMED].includes(name)) {
  const all = [...BENCHES, ...WHERE_NAMED].join(', ');
  throw new Error(`there is no measurement ${JSON.stringify(name)}; there are ${all}`);
}
for (const bench of name === undefined ? BENCHES : [name]) {
  console.log(`\n## ${bench}\n`);
  const argv = [JITI, join(import.meta.dirname, bench, 'run.ts'), ...args];
  const child = spawn(process.execPath, argv, { stdio: 'inherit' });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) process.exitCode = 1;
}
