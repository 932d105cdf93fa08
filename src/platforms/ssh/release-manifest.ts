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
  const kept = entries.map(({ kind, size, path, content }) => ({ kind, size, path, content }));
  const pairs = kept.map((entry) => [lineOf(entry), entry] as const);
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

/**
 * How `inventory` prints files and links that are newer than the base, where they are what was sent. Never none, since not every
 * grep takes an empty list for that; no path ends with a slash.
 */
export function freshLines(added: readonly ManifestEntry[]): string[] {
  const fresh = added.filter(({ kind }) => kind !== 'folder').map(({ path }) => `n ./${path}`);
  return ['n ./', ...fresh].flatMap((text) => text.split('\n'));
}

/**
 * SHA-256, hex, of what the function `inventory` of the script prints in the release's folder.
 * @param dropped lines that are left out, `freshLines`; the end of a name with a line break may be among them
 */
export function inventoryDigest({ lines }: ReleaseManifest, dropped: readonly string[]): string {
  const letters = { folder: 'd', link: 'l', executable: 'x', file: 'f' } as const;
  const printed = [...lines.values()].map(({ kind, path }) => `${letters[kind]} ./${path}`);
  // As `sort` sees them: a name with a line break is two lines to it.
  const without = new Set(dropped);
  const all = printed.flatMap((text) => text.split('\n'));
  const sorted = all.filter((line) => !without.has(line)).toSorted(compareBytes);
  return sha256(textOf(sorted));
}

/** SHA-256, hex, of what the function `contents` of the script prints for these files. */
export function contentsDigest(files: readonly ManifestEntry[]): string {
  return sha256(textOf(files.map(({ content }) => content)));
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

/** In the order of their UTF-8 bytes: as code units, but for halves of characters, which come after all others. */
function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return inBytes(one) - inBytes(other);
  }
  return a.length - b.length;
}

function inBytes(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
