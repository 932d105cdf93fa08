/**
 * Brings a release to hosts: each is asked once what it has, and is then sent, in one stream, what it lacks. What
 * is the same for several hosts is made once: the manifest of the release, and an archive for each base.
 */
import type { Release } from '../../domain/release.ts';
import { OperationError } from '../../errors.ts';
import { scanFolder } from '../process/folder-scan.ts';
import { type AnswerLine, answerOf, BaseRefused, valuesOf } from './answer.ts';
import { type Archive, packArchive } from './archive.ts';
import { type Compression, chooseCompression, compressed } from './compression.ts';
import { folderAsRead, type ManifestStore } from './manifest-store.ts';
import { manifestOf, parseManifest, type ReleaseManifest } from './release-manifest.ts';
import type { RemoteShell } from './remote-shell.ts';
import type { HostLease } from './scripts/lease.ts';
import type { Place } from './scripts/prelude.ts';
import { deliverScript, linkSharedScript, manifestScript, surveyScript } from './scripts/stage.ts';
import { assertNothingShared, topsOfShared } from './shared-paths.ts';
import { type SshReleaseSpec, sshSpecOf, userOf } from './ssh-release.ts';
import { tarFile } from './tar.ts';

const KIB = 1024;
/** What is left free on the host's disk: logs have to go somewhere. */
export const RESERVE_BYTES = 16 * KIB * KIB;

export interface Shipment {
  readonly place: Place;
  readonly release: Release;
  readonly lease: HostLease | null;
  /** The files of `meta/` beside what the transfer itself keeps there: how the release is run. */
  readonly meta: Readonly<Record<string, string>>;
  /**
   * The text of the environment file; asked for where the release is not there yet. Secret: never on this
   * machine's disk, never in a script.
   */
  readonly environment: () => Promise<string>;
}

interface Base {
  readonly id: string;
  readonly manifest: ReleaseManifest;
}

export class Transfer {
  readonly #manifests: ManifestStore;
  /** By release. */
  readonly #scanned = new Map<string, Promise<ReleaseManifest>>();
  /** By release, base and compression; kept until `close`, as another host may come that has the same base. */
  readonly #archives = new Map<string, Promise<Archive>>();
  /** The compressed environment file, by release and compression. Secret: only ever in memory. */
  readonly #heads = new Map<string, Promise<Buffer>>();

  constructor(manifests: ManifestStore) {
    this.#manifests = manifests;
  }

  /** Two round trips; one where the release is there already. */
  async stage(shell: RemoteShell, shipment: Shipment, signal: AbortSignal): Promise<void> {
    const { place, release, lease } = shipment;
    const spec = sshSpecOf(release);
    const known = folderAsRead(spec.content);
    if (known !== null) assertNothingShared(known, spec.shared);
    const doing = `look at what is there of ${release.service}`;
    const result = await shell.run(surveyScript(place, release.id, lease), { signal });
    const answer = answerOf(shell.host, doing, result);
    // The folder here may have moved on since: what is there already needs nothing of it.
    if (answer.some(({ key }) => key === 'staged')) return;
    const manifest = await this.#scan(release, spec);
    assertNothingShared(manifest, spec.shared);
    const compression = await chooseCompression(new Set(valuesOf(answer, 'tool')));
    if (compression === null) {
      throw new OperationError(`${shell.host} has neither zstd nor gzip`, {
        retryable: false,
        remedy: `Install zstd on ${shell.host}.`,
      });
    }
    const base = await this.#chooseBase(shell, place, answer, signal);
    const deliver = (from: Base | null) =>
      this.#deliver(shell, shipment, { spec, manifest, base: from, compression, answer }, signal);
    try {
      await deliver(base);
    } catch (error) {
      if (!(error instanceof BaseRefused)) throw error;
      await deliver(null);
    }
  }

  async close(): Promise<void> {
    const archives = await Promise.allSettled(this.#archives.values());
    this.#archives.clear();
    this.#heads.clear();
    for (const archive of archives) {
      if (archive.status === 'fulfilled') await archive.value[Symbol.asyncDispose]();
    }
  }

  async #deliver(
    shell: RemoteShell,
    { place, release, lease, meta, environment }: Shipment,
    parts: {
      readonly spec: SshReleaseSpec;
      readonly manifest: ReleaseManifest;
      readonly base: Base | null;
      readonly compression: Compression;
      readonly answer: readonly AnswerLine[];
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { spec, manifest, base, compression, answer } = parts;
    const archive = await this.#archive(release, base, compression, () => ({
      folder: spec.folder,
      manifest,
      base: base?.manifest ?? null,
      meta: {
        ...meta,
        shared: topsOfShared(manifest, spec.shared)
          .map((path) => `${path}\0`)
          .join(''),
        'link-shared': linkSharedScript(spec.shared, userOf(spec)),
      },
      compression,
    }));
    assertSpace(shell.host, archive, answer);
    const head = await once(this.#heads, `${release.id} ${compression}`, async () => {
      const secret = tarFile({ path: 'meta/environment', private: true }, await environment());
      return await compressed(secret, compression, new AbortController().signal);
    });
    const script = deliverScript(
      place,
      {
        release: release.id,
        base: base?.id ?? null,
        compression,
        manifest: manifest.digest,
        sent: archive.sent,
        inventory: archive.inventory,
      },
      lease,
    );
    const input = (async function* () {
      yield head;
      yield* archive.read();
    })();
    const result = await shell.run(script, { signal, input, inputBytes: head.length + archive.bytes });
    answerOf(shell.host, `bring ${release.id}`, result);
  }

  /**
   * The manifest of the release's folder, which must be what it was when the release was made. Where that was in this process it
   * is not read again: each file is looked at when it is packed.
   */
  async #scan(release: Release, spec: SshReleaseSpec): Promise<ReleaseManifest> {
    const scan = async () => {
      const manifest = folderAsRead(spec.content) ?? (await readFolder(release, spec));
      await this.#manifests.keep(manifest);
      return manifest;
    };
    return await once(this.#scanned, release.id, scan);
  }

  async #archive(
    release: Release,
    base: Base | null,
    compression: Compression,
    order: () => Parameters<typeof packArchive>[0],
  ): Promise<Archive> {
    const key = `${release.id} ${base?.manifest.digest ?? 'nothing'} ${compression}`;
    // Of all hosts that wait for it, none is the one whose giving up should end it.
    return await once(this.#archives, key, () => packArchive(order(), new AbortController().signal));
  }

  /** What runs there now, or else any release whose manifest is known; if none is, what runs is asked for it. */
  async #chooseBase(
    shell: RemoteShell,
    place: Place,
    answer: readonly AnswerLine[],
    signal: AbortSignal,
  ): Promise<Base | null> {
    const there = valuesOf(answer, 'has').map((value) => {
      const [id = '', digest = ''] = value.split(' ');
      return { id, digest };
    });
    const [current] = valuesOf(answer, 'current');
    const ordered = there.toSorted((a, b) => Number(b.id === current) - Number(a.id === current));
    for (const { id, digest } of ordered) {
      const manifest = await this.#manifests.find(digest);
      if (manifest !== null) return { id, manifest };
    }
    const [first] = ordered;
    if (first === undefined) return null;
    const manifest = await this.#askForManifest(shell, place, first, signal);
    return manifest === null ? null : { id: first.id, manifest };
  }

  /** The manifest of a release that a host has: known here, or else asked for; `null` where it has another. */
  async manifest(
    shell: RemoteShell,
    place: Place,
    release: { readonly id: string; readonly digest: string },
    signal: AbortSignal,
  ): Promise<ReleaseManifest | null> {
    const known = await this.#manifests.find(release.digest);
    return known ?? (await this.#askForManifest(shell, place, release, signal));
  }

  async #askForManifest(
    shell: RemoteShell,
    place: Place,
    { id, digest }: { readonly id: string; readonly digest: string },
    signal: AbortSignal,
  ): Promise<ReleaseManifest | null> {
    const { stdout, exitCode } = await shell.run(manifestScript(place, id), { signal });
    const manifest = exitCode === 0 ? parseManifest(stdout, digest) : null;
    if (manifest !== null) await this.#manifests.keep(manifest);
    return manifest;
  }
}

async function readFolder(
  release: Release,
  { folder, ignore, content }: SshReleaseSpec,
): Promise<ReleaseManifest> {
  const { digest, entries } = await scanFolder(folder, ignore);
  if (digest !== content) throw changed(folder, release);
  return manifestOf(entries);
}

/** What is under the key, made the first time; a failure is forgotten. */
async function once<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = cache.get(key);
  if (found !== undefined) return await found;
  const made = make();
  cache.set(key, made);
  try {
    return await made;
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}

function assertSpace(host: string, archive: Archive, answer: readonly AnswerLine[]): void {
  const [free] = valuesOf(answer, 'free');
  const freeBytes = Number(free) * KIB;
  const neededBytes = archive.diskBytes + RESERVE_BYTES;
  if (free === undefined || free === '' || Number.isNaN(freeBytes) || freeBytes >= neededBytes) return;
  throw new OperationError(
    `${host} has ${megabytes(freeBytes)} MB free, and the release needs ${megabytes(neededBytes)} MB`,
    { retryable: false, remedy: `Free some space on ${host}, or keep fewer releases (\`keepReleases\`).` },
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / KIB / KIB);
}

function changed(folder: string, { id, version }: Release): OperationError {
  return new OperationError(`${id} cannot be sent, as ${folder} has changed since the plan was made`, {
    retryable: false,
    remedy: `Plan again, so that what is deployed is what was planned; or bring the folder back to what ${version} was.`,
  });
}
