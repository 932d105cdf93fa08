/**
 * A controller that dies, is stopped, or keeps copies, at a moment that is exact: the composition of
 * `sluice deploy`, with a journal around the real one. What is to happen comes as JSON in the first argument:
 *
 *   version   what to deploy: the folder of the config as it is now
 *   signal    SIGKILL or SIGSTOP, sent to itself at append `at`, `when` before or after the real one
 *   at        the number of the append, from 1; the creation of the deployment is the first
 *   copyTo    a folder that gets a copy of the journal's files after each append, under its number
 *
 * It prints a line of JSON for each append, and one before it sends itself the signal.
 */
import { copyFileSync, existsSync, mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteJournal } from '../../dist/journal/sqlite/sqlite-journal.js';
import { holderName } from '../../dist/project/holder.js';
import { Project, whoami } from '../../dist/project/project.js';

const { version, signal = null, at = 0, when = null, copyTo = null } = JSON.parse(process.argv[2]);
const FILES = ['journal.db', 'journal.db-wal'];
const state = join(process.cwd(), '.sluice');

let appends = 0;

/** Written at once: nothing is buffered when the process dies. */
function say(what) {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

function strike(moment) {
  if (signal === null || appends !== at || when !== moment) return;
  say({ struck: Date.now() });
  process.kill(process.pid, signal);
}

function keepCopy() {
  if (copyTo === null) return;
  const folder = join(copyTo, String(appends));
  mkdirSync(folder, { recursive: true });
  for (const file of FILES)
    if (existsSync(join(state, file))) copyFileSync(join(state, file), join(folder, file));
}

/** @param write the real `create` or `append` */
async function around(write, describe) {
  appends += 1;
  strike('before');
  const written = await write();
  keepCopy();
  say({ append: appends, ...describe(written) });
  strike('after');
  return written;
}

const real = await SqliteJournal.open({ file: join(state, 'journal.db') });
const journal = new Proxy(real, {
  get(target, name) {
    const member = Reflect.get(target, name);
    if (typeof member !== 'function') return member;
    if (name === 'create') {
      return (...args) =>
        around(
          () => real.create(...args),
          (id) => ({ id, seq: 1, types: ['deployment-created'] }),
        );
    }
    if (name === 'append') {
      return (id, expectedSeq, events, lease) =>
        around(
          () => real.append(id, expectedSeq, events, lease),
          (seq) => ({ id, seq, types: events.map(({ type }) => type) }),
        );
    }
    return member.bind(target);
  },
});

const project = await Project.open({ cwd: process.cwd(), journal });
try {
  const deployer = await project.deployer();
  const plan = await deployer.plan(await deployer.makeRelease(version));
  const { outcome } = await deployer.execute(plan, whoami(), { holder: holderName(whoami()) });
  say({ outcome });
} catch (error) {
  say({ error: { code: error.code ?? null, message: error.message } });
  process.exitCode = error.code === 'FENCED' ? 8 : 1;
} finally {
  await project[Symbol.asyncDispose]();
}
