/**
 * What is deployed: a folder like those that people deploy, mostly `node_modules`. 3,000 files, 30 MB: of each ten files
 * eight are source text, which compresses to a quarter, and two are as random as pictures and archives are. The
 * same each time.
 */
import { chmod, copyFile, cp, mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FILES = 3_000;
const BYTES = 30_000_000;
const FILES_A_PACKAGE = 25;
const CHANGED = 10;
const BUILT_AT = new Date('2026-01-01T00:00:00Z');
const SERVICE = join(import.meta.dirname, 'service.sh');

export interface ReleaseFolders {
  readonly v1: string;
  /** As v1, also in the times of its files, but for ten of them. */
  readonly v2: string;
}

export async function makeReleases(folder: string): Promise<ReleaseFolders> {
  const folders = { v1: join(folder, 'v1'), v2: join(folder, 'v2') };
  const random = generator(1);
  // Most files are small and a few are large, as in any package.
  const weights = Array.from({ length: FILES }, () => Math.exp(random() * 5));
  const unit = BYTES / weights.reduce((sum, weight) => sum + weight, 0);
  const paths = weights.map((_, index) => pathOf(index));
  for (const [index, weight] of weights.entries()) {
    const content = contentOf(index, Math.round(weight * unit), random);
    await writeFileIn(join(folders.v1, paths[index] ?? ''), content);
  }
  await mkdir(join(folders.v1, 'bin'));
  await copyFile(SERVICE, join(folders.v1, 'bin', 'service'));
  await chmod(join(folders.v1, 'bin', 'service'), 0o755);
  await writeFileIn(join(folders.v1, 'public', 'version.txt'), 'v1\n');

  await cp(folders.v1, folders.v2, { recursive: true, preserveTimestamps: true });
  await writeFile(join(folders.v2, 'public', 'version.txt'), 'v2\n');
  for (let change = 1; change < CHANGED; change += 1) {
    // Of source text, spread over the packages.
    const index = Math.floor((change * FILES) / CHANGED / 5) * 5;
    const content = contentOf(index, 8_000, random);
    await writeFile(join(folders.v2, paths[index] ?? ''), content);
  }
  return folders;
}

function pathOf(index: number): string {
  const name = isRandom(index) ? `image-${index}.png` : `module-${index}.js`;
  const folder = `node_modules/package-${Math.floor(index / FILES_A_PACKAGE)}`;
  return index % 3 === 0 ? `${folder}/${name}` : `${folder}/lib/${index % 3 === 1 ? 'a' : 'b'}/${name}`;
}

function isRandom(index: number): boolean {
  return index % 5 === 1;
}

function contentOf(index: number, bytes: number, random: () => number): Buffer {
  return isRandom(index) ? noise(bytes, random) : Buffer.from(source(bytes, random));
}

function noise(bytes: number, random: () => number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return buffer;
}

const WORDS =
  'const let function return await async import export from class new this if else for of null undefined options result value error context module require exports prototype length push map filter name type string number boolean'.split(
    ' ',
  );

function source(bytes: number, random: () => number): string {
  const parts: string[] = [];
  let length = 0;
  while (length < bytes) {
    const word = WORDS[Math.floor(random() * WORDS.length)] ?? '';
    const own = random() < 0.25 ? `${word}${Math.floor(random() * 100_000).toString(36)}` : word;
    const part = random() < 0.12 ? `${own};\n  ` : `${own} `;
    parts.push(part);
    length += part.length;
  }
  return parts.join('').slice(0, bytes);
}

async function writeFileIn(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await utimes(path, BUILT_AT, BUILT_AT);
}

/** Numbers from 0 to 1 that look random and are the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
