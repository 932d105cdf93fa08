/** What is not on a host as it was left there, in words, from what the look at it has answered. */
import type { AnswerLine } from './answer.ts';
import type { ReleaseManifest } from './release-manifest.ts';
import { MOST_CHANGED } from './scripts/audit.ts';

/** What the host has told about one release that runs there. */
interface Audited {
  readonly release: string;
  /** SHA-256 of its manifest; empty where files are not compared by content. */
  readonly manifest: string;
  readonly changed: string[];
  /** By path. */
  readonly sums: Map<string, string>;
}

/**
 * A sentence for each thing that differs.
 * @param running release ids that run on the host
 * @param manifestOf a manifest by its digest; `null` where it is not known here
 */
export async function differencesOf(
  target: string,
  running: readonly string[],
  lines: readonly AnswerLine[],
  manifestOf: (digest: string, release: string) => Promise<ReleaseManifest | null>,
): Promise<string[]> {
  const found: string[] = [];
  const current = lines.find(({ key }) => key === 'current')?.value;
  if (current !== undefined && running.length > 0 && !running.includes(current)) {
    found.push(`${target}: current points to ${current}, and ${running.join(' and ')} runs`);
  }
  for (const { key, value } of lines) {
    if (key === 'gone') found.push(`${target}: the files of ${value} are gone`);
  }
  for (const audited of auditedIn(lines)) {
    const changed = audited.manifest === '' ? audited.changed : await changedIn(audited, manifestOf);
    if (changed === null)
      found.push(`${target}: nobody here knows what the files of ${audited.release} were`);
    else if (changed.length > 0) found.push(`${target}: ${audited.release} was changed: ${namesOf(changed)}`);
  }
  return found;
}

function auditedIn(lines: readonly AnswerLine[]): Audited[] {
  const all: Audited[] = [];
  for (const { key, value } of lines) {
    const last = all.at(-1);
    if (key === 'audited') {
      const [release = '', manifest = ''] = value.split(' ');
      all.push({ release, manifest, changed: [], sums: new Map() });
    } else if (key === 'changed') last?.changed.push(value.replace(/^\.\//, ''));
    else if (key === 'sum' && !value.startsWith('\\'))
      last?.sums.set(value.slice(66).replace(/^\.\//, ''), value.slice(0, 64));
  }
  return all;
}

async function changedIn(
  { release, manifest: digest, sums }: Audited,
  manifestOf: (digest: string, release: string) => Promise<ReleaseManifest | null>,
): Promise<string[] | null> {
  const manifest = await manifestOf(digest, release);
  if (manifest === null) return null;
  const wrong: string[] = [];
  const known = new Set<string>();
  for (const { kind, path, content } of manifest.lines.values()) {
    if (kind !== 'file' && kind !== 'executable') continue;
    known.add(path);
    const sum = sums.get(path);
    // `sha256sum` writes names with a backslash or a line break otherwise: those are not compared.
    if (/[\\\n\r]/.test(path)) continue;
    if (sum === undefined) wrong.push(`${path} (gone)`);
    else if (sum !== content) wrong.push(path);
  }
  for (const path of sums.keys()) if (!known.has(path)) wrong.push(`${path} (added)`);
  return wrong.toSorted();
}

function namesOf(changed: readonly string[]): string {
  const more = changed.length > MOST_CHANGED ? ' and more' : '';
  return `${changed.slice(0, MOST_CHANGED).join(', ')}${more}`;
}
