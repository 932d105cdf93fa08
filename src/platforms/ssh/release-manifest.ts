/**
 * What is in a release, as hosts keep it: a line a file, link and folder, in the order of their bytes, so that
 * a host makes the manifest of a release from that of its base with `grep` and `sort`.
 */
import { createHash } from 'node:crypto';
import type { FolderEntry } from '../process/folder-scan.ts';

export type ManifestEntry = Omit<FolderEntry, 'version'>;

export interface ReleaseManifest {
  /** SHA-256, hex, of its text. */
  readonly digest: string;
  /** By line. No two entries give the same one. */
  readonly lines: ReadonlyMap<string, ManifestEntry>;
}

/** From one release to the next, in the order of paths. */
export interface Difference {
  /** What the base has not, or has otherwise. */
  readonly added: readonly ManifestEntry[];
  /** Paths that must be gone from a copy of the base before `added` is laid over it. */
  readonly removed: readonly string[];
  /** Lines of the manifest that come, and that go. */
  readonly listed: readonly string[];
  readonly unlisted: readonly string[];
}

const LINE = /^(?<kind>file|executable|link|folder) (?<size>\d+) (?<path>"[^ ]*") (?<content>"?[^\n]*)$/;

export function manifestOf(entries: readonly ManifestEntry[]): ReleaseManifest {
  const pairs = entries.map((entry) => [lineOf(entry), entry] as const);
  const sorted = pairs.toSorted(([a], [b]) => compareBytes(a, b));
  return { lines: new Map(sorted), digest: sha256(textOf(sorted.map(([line]) => line))) };
}

/** `null` when the text is not that of the manifest with this digest. */
export function parseManifest(text: string, digest: string): ReleaseManifest | null {
  if (sha256(text) !== digest) return null;
  const lines = text.split('\n').slice(0, -1);
  const entries = lines.map(entryOf).filter((entry) => entry !== null);
  return entries.length === lines.length ? manifestOf(entries) : null;
}

export function manifestText({ lines }: ReleaseManifest): string {
  return textOf([...lines.keys()]);
}

/** What has to be sent and done to make the release of the base; of nothing, where there is none. */
export function differenceOf(release: ReleaseManifest, base: ReleaseManifest | null): Difference {
  const had = base?.lines ?? new Map<string, ManifestEntry>();
  const listed = [...release.lines.keys()].filter((line) => !had.has(line));
  const unlisted = [...had.keys()].filter((line) => !release.lines.has(line));
  const added = listed.map((line) => release.lines.get(line)!);
  return {
    added: added.toSorted((a, b) => compareBytes(a.path, b.path)),
    removed: unlisted.map((line) => had.get(line)!.path),
    listed,
    unlisted,
  };
}

/** SHA-256, hex, of what the function `inventory` of the script prints in the release's folder. */
export function inventoryDigest({ lines }: ReleaseManifest): string {
  const entries = [...lines.values()];
  const kinds = [
    ['folder', '-type d'],
    ['link', '-type l'],
    ['executable', '-type f -perm -100'],
    ['file', '-type f ! -perm -100'],
  ] as const;
  const text = kinds.map(([kind, test]) => {
    const names = entries.filter((entry) => entry.kind === kind).map(({ path }) => `./${path}`);
    // As `sort` sees them: a name with a line break is two lines to it.
    const sorted = names.flatMap((name) => name.split('\n')).toSorted(compareBytes);
    return `${test}\n${textOf(sorted)}`;
  });
  return sha256(text.join(''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function lineOf({ kind, size, path, content }: ManifestEntry): string {
  const said = kind === 'link' ? jsonWord(content) : content;
  return `${kind} ${size} ${jsonWord(path)} ${said}`;
}

function entryOf(line: string): ManifestEntry | null {
  const { kind, size, path = '', content = '' } = LINE.exec(line)?.groups ?? {};
  if (kind === undefined) return null;
  const said = kind === 'link' ? (JSON.parse(content) as string) : content;
  return {
    kind: kind as ManifestEntry['kind'],
    size: Number(size),
    path: JSON.parse(path) as string,
    content: said,
  };
}

/** On one line, and without a space. */
function jsonWord(text: string): string {
  return JSON.stringify(text).replaceAll(' ', '\\u0020').replaceAll('\u007f', '\\u007f');
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
