/**
 * The releases of this machine, each an immutable copy of a folder:
 *
 *   releases/<service>/<release>/files/              the copy, its files read-only
 *   releases/<service>/<release>/manifest.json       what is in it
 *   releases/<service>/<release>/secrets.json        the values of its secrets, mode 0600
 *   releases/<service>/.targets/<target>/<release>   empty: this target wants this release
 *   releases/<service>/.new-*, .old-*                being made, being removed
 *
 * A release is made under another name and then renamed, so that what has its name is whole, also after the
 * loss of power. Targets share the copy; it goes when no target wants it any more.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../errors.ts';
import { targetFileName } from '../../supervisor/protocol.ts';
import { type Base, copyFolder } from './copy-folder.ts';
import { namesIn, syncToDisk, writeDurably } from './files.ts';
import { type FolderScan, scanFolder, versionOf } from './folder-scan.ts';
import { damageOf, manifestText, readManifest } from './manifest.ts';
import { mapLimited } from './map-limited.ts';
import { SECRETS_FILE } from './secrets.ts';
import { SharedWork } from './shared-work.ts';
import { storeError } from './store-error.ts';
import { sweepUnfinished, withUnfinished } from './unfinished.ts';

const FILES = 'files';
const MANIFEST = 'manifest.json';
const TARGETS = '.targets';
const FILES_AT_ONCE = 16;
const MOST_NAMED = 3;

/** What is to be copied. */
export interface StageOrder {
  readonly service: string;
  readonly release: string;
  readonly target: string;
  /** Absolute. */
  readonly folder: string;
  readonly ignore: readonly string[];
  /** What `digestFolder` gave when the release was planned. */
  readonly content: string;
  /** Asked only where there is no copy yet; `null` for a release without secrets. */
  readonly secrets: () => Promise<Readonly<Record<string, string>> | null>;
}

export class ReleaseStore {
  readonly #root: string;
  readonly #shared = new SharedWork();

  constructor(stateDir: string) {
    this.#root = join(stateDir, 'releases');
  }

  /** Where the copy of the release is, or would be. */
  folderOf(service: string, release: string): string {
    return join(this.#root, service, release, FILES);
  }

  /**
   * Copies the folder, unless the release is there already, and notes that the target wants it.
   * @throws OperationError when the folder is no longer what was planned, the copy that is there was changed,
   *   or the disk has no room
   */
  async stage(order: StageOrder, signal: AbortSignal): Promise<void> {
    const { service, release, target } = order;
    const folder = join(this.#root, service);
    try {
      // First, so that no pruning for another target removes the release between here and the end.
      const wish = join(folder, TARGETS, targetFileName(target), release);
      await mkdir(dirname(wish), { recursive: true, mode: 0o700 });
      await writeFile(wish, '', { mode: 0o600 });
      await this.#shared.join(`${service}/${release}`, signal, (shared) => this.#ensure(order, shared));
    } catch (error) {
      signal.throwIfAborted();
      throw storeError(`${service} ${release} cannot be copied`, error);
    }
  }

  /**
   * The files of the copy that are gone or were changed, by path: by size and time or, when `thorough`, by
   * content.
   * @throws OperationError when there is no such release
   */
  async verify(
    service: string,
    release: string,
    options: { readonly thorough: boolean; readonly signal?: AbortSignal },
  ): Promise<string[]> {
    const manifest = await readManifest(join(this.#root, service, release, MANIFEST));
    if (manifest === null) throw new OperationError(`there is no copy of ${service} ${release}`);
    return damageOf(this.folderOf(service, release), manifest, options);
  }

  /** What is in the copy of a release: kind and content, by path; `null` where there is no copy any more. */
  async contentsOf(service: string, release: string): Promise<Map<string, string> | null> {
    const manifest = await readManifest(join(this.#root, service, release, MANIFEST));
    if (manifest === null) return null;
    const files = manifest.entries.filter(({ kind }) => kind !== 'folder');
    return new Map(files.map(({ path, kind, content }) => [path, `${kind} ${content}`]));
  }

  /**
   * Notes that the target wants no release of the service but those in `keep`, and removes those that no
   * target wants. `running`, on whatever target, are never removed.
   */
  async prune(
    service: string,
    target: string,
    keep: ReadonlySet<string>,
    running: ReadonlySet<string>,
  ): Promise<void> {
    const folder = join(this.#root, service);
    try {
      const wishes = join(folder, TARGETS, targetFileName(target));
      for (const release of await namesIn(wishes)) {
        if (!keep.has(release)) await rm(join(wishes, release), { force: true });
      }
      const wanted = await this.#wanted(folder);
      for (const release of await namesIn(folder)) {
        if (release.startsWith('.') || wanted.has(release) || running.has(release)) continue;
        await this.#remove(folder, release);
      }
      await sweepUnfinished(folder);
    } catch (error) {
      throw storeError(`the old releases of ${service} cannot be removed`, error);
    }
  }

  async #ensure(order: StageOrder, signal: AbortSignal): Promise<void> {
    const folder = join(this.#root, order.service);
    let damaged: string[] = [];
    // Twice, because another controller's pruning may move it aside for a moment.
    for (let look = 1; look <= 2; look += 1) {
      const manifest = await readManifest(join(folder, order.release, MANIFEST));
      if (manifest === null) {
        await sweepUnfinished(folder);
        await this.#make(order, folder, signal);
        return;
      }
      damaged = await damageOf(join(folder, order.release, FILES), manifest, { thorough: false, signal });
      if (damaged.length === 0) return;
    }
    throw new OperationError(`the copy of ${order.service} ${order.release} was changed: ${named(damaged)}`, {
      retryable: false,
      remedy: 'A release may not write to its own files. Deploy it under a new version.',
    });
  }

  async #make(order: StageOrder, folder: string, signal: AbortSignal): Promise<void> {
    const scan = await scanFolder(order.folder, order.ignore, signal);
    assertAsPlanned(order, scan);
    const secrets = await order.secrets();
    const base = await this.#newest(folder);
    await withUnfinished(folder, 'new', async (unfinished) => {
      await mkdir(unfinished, { mode: 0o700 });
      const to = join(unfinished, FILES);
      const copies = await copyFolder({ from: order.folder, entries: scan.entries, to, base }, signal);
      await assertUnchanged(order, scan, signal);
      await writeDurably(join(unfinished, MANIFEST), manifestText(scan.digest, copies));
      if (secrets !== null) await writeDurably(join(unfinished, SECRETS_FILE), JSON.stringify(secrets));
      await syncToDisk(unfinished);
      await rename(unfinished, join(folder, order.release)).catch(ignoreThere);
      await syncToDisk(folder);
    });
  }

  /** The release that was made last: most of the next one is in it. */
  async #newest(folder: string): Promise<Base | null> {
    let newest: { readonly release: string; readonly madeAt: number } | null = null;
    for (const release of await namesIn(folder)) {
      if (release.startsWith('.')) continue;
      const stats = await stat(join(folder, release, MANIFEST)).catch(() => null);
      if (stats !== null && stats.mtimeMs >= (newest?.madeAt ?? 0))
        newest = { release, madeAt: stats.mtimeMs };
    }
    if (newest === null) return null;
    const manifest = await readManifest(join(folder, newest.release, MANIFEST));
    return manifest === null ? null : { files: join(folder, newest.release, FILES), manifest };
  }

  async #wanted(folder: string): Promise<Set<string>> {
    const wanted = new Set<string>();
    for (const target of await namesIn(join(folder, TARGETS))) {
      for (const release of await namesIn(join(folder, TARGETS, target))) wanted.add(release);
    }
    return wanted;
  }

  /** Renamed before it is removed, so that half a release never has its name. */
  async #remove(folder: string, release: string): Promise<void> {
    await withUnfinished(folder, 'old', async (unfinished) => {
      if (!(await movedAside(join(folder, release), unfinished))) return;
      // Another controller may just have staged it.
      if (!(await this.#wanted(folder)).has(release)) return;
      await rename(unfinished, join(folder, release)).catch(ignoreThere);
    });
  }
}

function assertAsPlanned(order: StageOrder, scan: FolderScan): void {
  if (scan.digest !== order.content) throw changed(order, '');
}

/** What was read for the digest is what was copied: nothing was written in between. */
async function assertUnchanged(order: StageOrder, scan: FolderScan, signal: AbortSignal): Promise<void> {
  const files = scan.entries.filter(({ kind }) => kind !== 'folder');
  await mapLimited(files, FILES_AT_ONCE, signal, async ({ path, version }) => {
    const now = await versionOf(join(order.folder, path)).catch(() => null);
    if (now !== version) throw changed(order, `: ${JSON.stringify(path)}`);
  });
}

function changed({ folder }: StageOrder, what: string): OperationError {
  return new OperationError(`${folder} has changed since the plan was made${what}`, {
    retryable: false,
    remedy: 'Plan again, so that what is deployed is what was planned.',
  });
}

function named(paths: readonly string[]): string {
  const more = paths.length - MOST_NAMED;
  return `${paths.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Whether it was this call that moved it: pruning for another target may have been quicker. */
async function movedAside(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Another process has made the same release in the meantime. */
function ignoreThere(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
}
