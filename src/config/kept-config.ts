/**
 * A config that was found right is kept, with the digest of what it was made from: its text, and the Sluice that
 * checked it. The next command takes it from there and needs neither the parser nor the schema, which take longer
 * to load than a short command takes to run. It is a copy and no more: where there is none, or none that can be
 * trusted, the text is checked again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './validate.ts';

/** Of the mode of a file: its group or everybody may write to it. */
const OTHERS_MAY_WRITE = 0o022;

/** What is in the file. */
interface Kept {
  readonly digest: string;
  readonly config: Config;
}

/**
 * The config that this text comes to: what is kept in `file`, or else what `check` finds, which is then kept
 * there if the folder exists and is the user's own. Rejects only as `check` does.
 */
export async function keptConfig(file: string, text: string, check: () => Promise<Config>): Promise<Config> {
  const digest = await digestOf(text);
  const kept = await read(file).catch(() => null);
  if (kept?.digest === digest) return kept.config;
  const config = await check();
  await write(file, { digest, config });
  return config;
}

async function read(file: string): Promise<Kept | null> {
  const handle = await open(file);
  try {
    const { uid, mode } = await handle.stat();
    // What others have put there, or changed, says nothing of what was checked.
    if (uid !== process.geteuid?.() || (mode & OTHERS_MAY_WRITE) !== 0) return null;
    return JSON.parse(await handle.readFile('utf8')) as Kept;
  } finally {
    await handle.close();
  }
}

/** Never rejects: what could not be kept is checked again the next time. */
async function write(file: string, kept: Kept): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    const folder = await stat(dirname(file));
    if (folder.uid !== process.geteuid?.()) return;
    await writeFile(temporary, JSON.stringify(kept), { mode: 0o600, flag: 'wx' });
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function digestOf(text: string): Promise<string> {
  // Every installation and every build makes this file anew: another one may check by other rules.
  const { ino, ctimeMs } = await stat(fileURLToPath(import.meta.url));
  return createHash('sha256').update(`${ino} ${ctimeMs}\n${text}`).digest('hex');
}
