/**
 * The layers of `src/`: reads what each file imports and holds it against the table in `layers.json`.
 *
 * A row of the table is a layer: a file (`errors.ts`), a folder (`domain/`), each folder in a folder, a layer
 * of its own (`routers/*`), or the files at the top (`*.ts`). A file belongs to the most specific row that it
 * fits. It may import what is in its own layer and what its row lists, and nothing else of ours.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A row to what it may import: files, folders, `everything`, and `except` with a folder. */
export type Layers = Readonly<Record<string, readonly string[]>>;

/** The path of each file, relative to `src/`, to its text. */
export type SourceTree = ReadonlyMap<string, string>;

/** Every TypeScript file in `folder` and below. */
export function readSourceTree(folder: string): SourceTree {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(files.toSorted().map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** A line for each import that the table does not allow and each file that it does not place. */
export function layerViolations(tree: SourceTree, layers: Layers): string[] {
  return [...tree].flatMap(([file, text]) => {
    const layer = layerOf(file, layers);
    if (layer === null) return [`src/${file}: belongs to no layer, give it a row in layers.json`];
    return importsOf(file, text)
      .filter((imported) => !mayImport(layer, imported.file))
      .map((imported) => `src/${file}:${imported.line}: ${layer.row} may not import ${imported.file}`);
  });
}

interface Layer {
  readonly row: string;
  /** The row with its `*` filled in: where the files of the layer are. */
  readonly place: string;
  readonly allowed: readonly string[];
}

function layerOf(file: string, layers: Layers): Layer | null {
  const fitting = Object.entries(layers).flatMap(([row, allowed]) => {
    const place = placeIn(row, file);
    return place === null ? [] : [{ row, place, allowed }];
  });
  const mostSpecific = fitting.toSorted(
    (a, b) => b.place.length - a.place.length || Number(a.row.includes('*')) - Number(b.row.includes('*')),
  );
  return mostSpecific[0] ?? null;
}

/** The place that `pattern` means for `file`; `null` when the file does not fit it. */
function placeIn(pattern: string, file: string): string | null {
  if (pattern === '*.ts') return file.includes('/') ? null : '';
  if (!pattern.endsWith('*')) return file === pattern || isIn(pattern, file) ? pattern : null;
  const parent = pattern.slice(0, -1);
  const [folder, inside] = file.slice(parent.length).split('/');
  return isIn(parent, file) && inside !== undefined ? `${parent}${folder}/` : null;
}

function isIn(folder: string, file: string): boolean {
  return folder.endsWith('/') && file.startsWith(folder);
}

function mayImport(layer: Layer, file: string): boolean {
  if (layer.place !== '' && (file === layer.place || isIn(layer.place, file))) return true;
  if (
    layer.allowed.some((entry) => entry.startsWith('except ') && isIn(entry.slice('except '.length), file))
  ) {
    return false;
  }
  return layer.allowed.some((entry) => entry === 'everything' || placeIn(entry, file) !== null);
}

interface Import {
  readonly line: number;
  /** Relative to `src/`; begins with `../` when it is outside. */
  readonly file: string;
}

const IMPORTS = [
  // import a from './b.ts'; export { a } from './b.ts'; also over several lines
  /^(?:import|export)\b[^'";]*?\bfrom\s*['"](\.[^'"]*)['"]/gm,
  // import './b.ts';
  /^import\s*['"](\.[^'"]*)['"]/gm,
  // await import('./b.ts'); import('./b.ts').Type
  /\bimport\(\s*['"](\.[^'"]*)['"]\s*\)/g,
];

function importsOf(file: string, text: string): Import[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)])
    .toSorted((a, b) => a.index - b.index)
    .map((match) => ({
      line: text.slice(0, match.index + match[0].length).split('\n').length,
      file: posix.join(posix.dirname(file), match[1] ?? ''),
    }));
}
