/**
 * A worker that looks, over and over, at every process of this machine, those of the test hosts included, and at
 * the files of some folders, for texts that must be nowhere. What it finds it posts, once each.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const needles = workerData.needles.map((text) => Buffer.from(text));
const found = new Set();
let rounds = 0;
let over = false;
parentPort.once('message', () => {
  over = true;
});
parentPort.postMessage({ ready: true });

function has(file) {
  try {
    const bytes = readFileSync(file);
    return needles.some((needle) => bytes.includes(needle));
  } catch {
    // Gone by now, or a folder.
    return false;
  }
}

function link(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function tell(kind, what) {
  const key = `${kind} ${what}`;
  if (found.has(key)) return;
  found.add(key);
  parentPort.postMessage({ kind, what });
}

const here = link('/proc/self/ns/pid');

function look() {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    if (has(`/proc/${pid}/cmdline`)) tell('cmdline', readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    // Of hosts alone: here it is in the environment of whoever deploys.
    const space = link(`/proc/${pid}/ns/pid`);
    const cwd = link(`/proc/${pid}/cwd`);
    if (space !== '' && space !== here && has(`/proc/${pid}/environ`)) tell('environ', cwd);
  }
  for (const folder of workerData.folders) {
    for (const file of readdirSync(folder, { recursive: true })) {
      if (has(join(folder, file))) tell('file', join(folder, file));
    }
  }
  rounds += 1;
}

function again() {
  try {
    look();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (over) {
    parentPort.postMessage({ rounds });
    parentPort.close();
  } else setImmediate(again);
}
again();
