/** Manifests by digest, kept in the state folder: what a host has is known here without being asked for. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../process/files.ts';
import { manifestText, parseManifest, type ReleaseManifest } from './release-manifest.ts';

const KEPT = 50;

/** Of the folders that this process has read last, by the digest of the folder. */
const read = new Map<string, ReleaseManifest>();
const READ_KEPT = 4;

/** Whoever makes a release has read all of it: the folder is not read again to send it. */
export function rememberFolder(content: string, manifest: ReleaseManifest): void {
  read.delete(content);
  read.set(content, manifest);
  for (const oldest of [...read.keys()].slice(0, -READ_KEPT)) read.delete(oldest);
}

/** `null` when this process has not read it. */
export function folderAsRead(content: string): ReleaseManifest | null {
  return read.get(content) ?? null;
}

export class ManifestStore {
  readonly #folder: string;
  readonly #known = new Map<string, Promise<ReleaseManifest | null>>();

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'ssh', 'manifests');
  }

  /** `null` when it is not known here. Read once, however many hosts have it. */
  async find(digest: string): Promise<ReleaseManifest | null> {
    const known = this.#known.get(digest) ?? this.#read(digest);
    this.#known.set(digest, known);
    const manifest = await known;
    if (manifest === null && this.#known.get(digest) === known) this.#known.delete(digest);
    return manifest;
  }

  async #read(digest: string): Promise<ReleaseManifest | null> {
    const file = join(this.#folder, digest);
    const text = await readFile(file, 'utf8').catch(() => null);
    const manifest = text === null ? null : parseManifest(text, digest);
    if (manifest === null) return null;
    const now = new Date();
    await utimes(file, now, now).catch(() => {});
    return manifest;
  }

  async keep(manifest: ReleaseManifest): Promise<void> {
    const known = this.#known.get(manifest.digest);
    if (known !== undefined && (await known) !== null) return;
    this.#known.set(manifest.digest, Promise.resolve(manifest));
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const candidate = join(this.#folder, `.${randomUUID()}`);
    try {
      await writeDurably(candidate, manifestText(manifest));
      await rename(candidate, join(this.#folder, manifest.digest));
    } finally {
      await rm(candidate, { force: true });
    }
    await this.#forgetOldest();
  }

  async #forgetOldest(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => !name.startsWith('.'));
    if (names.length <= KEPT) return;
    const ages = await Promise.all(
      names.map(async (name) => {
        const stats = await stat(join(this.#folder, name)).catch(() => null);
        return { name, usedAt: stats?.mtimeMs ?? 0 };
      }),
    );
    const oldest = ages.toSorted((a, b) => b.usedAt - a.usedAt).slice(KEPT);
    for (const { name } of oldest) await rm(join(this.#folder, name), { force: true });
  }
}
