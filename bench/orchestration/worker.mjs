// One measurement: `node worker.mjs p-limit|memory|sqlite TARGETS FOLDER` prints its time and peak memory.
import { join } from 'node:path';
import pLimit from 'p-limit';
import { executeThroughFunction, planForFunction } from '../../dist/deploy-function.js';
import { SqliteJournal } from '../../dist/journal/sqlite/sqlite-journal.js';
import { allAtOnceSteps } from '../../dist/strategies/all-at-once.js';

const CONCURRENCY = 64;
const [what, count, folder] = process.argv.slice(2);
const targets = Array.from({ length: Number(count) }, (_, index) => ({ id: `target-${index}` }));
const doNothing = async (target) => target.id !== '';

const measured = {
  'p-limit': async () => {
    const limit = pLimit(CONCURRENCY);
    await Promise.all(targets.map((target) => limit(() => doNothing(target, '1.0.0'))));
  },
  memory: () => deploy(undefined),
  sqlite: async () => {
    const journal = await SqliteJournal.open({ file: join(folder, 'journal.db') });
    await deploy(journal);
    await journal.close();
  },
}[what];

const startedAt = performance.now();
await measured();
const ms = performance.now() - startedAt;
console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024 }));

/** Plan and execution, as a caller of the library has them. */
async function deploy(journal) {
  const service = 'bench';
  const plan = planForFunction({
    service,
    version: '1.0.0',
    targets,
    strategy: allAtOnceSteps(),
    checked: false,
  });
  const result = await executeThroughFunction(plan, targets, doNothing, null, {}, journal);
  if (result.targetsUpdated.length !== targets.length) throw new Error('not all targets were updated');
}
