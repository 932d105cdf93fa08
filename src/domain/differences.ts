/** What differs between two values, or two folders, told flat. Pure. */
import type { Json } from './json.ts';

/** A value at a path such as `env.LOG_LEVEL` or `stages[1].percent`; what is not there is `null`. */
export interface Difference {
  readonly path: string;
  readonly from: Json;
  readonly to: Json;
}

/** In the order of the paths. Lists of plain values are compared as one. */
export function differences(from: Json, to: Json): Difference[] {
  const [before, after] = [flat(from), flat(to)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted(naturally);
  return paths.flatMap((path) => {
    const [was, is] = [before.get(path) ?? null, after.get(path) ?? null];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, from: was, to: is }];
  });
}

/** Stage 10 comes after stage 9. */
function naturally(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function flat(value: Json, path = '', into = new Map<string, Json>()): Map<string, Json> {
  if (isList(value) && value.some(isComposed)) {
    for (const [index, item] of value.entries()) flat(item, `${path}[${index}]`, into);
  } else if (isMapping(value)) {
    for (const [key, item] of Object.entries(value)) flat(item, path === '' ? key : `${path}.${key}`, into);
  } else {
    into.set(path, value);
  }
  return into;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isComposed(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

function isMapping(value: Json): value is { readonly [key: string]: Json } {
  return isComposed(value) && !Array.isArray(value);
}

/** By path: something that tells one content from another. */
export type FolderContents = ReadonlyMap<string, string>;

/** Paths, in their order. */
export interface FileDifferences {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function fileDifferences(from: FolderContents, to: FolderContents): FileDifferences {
  const [before, after] = [[...from.keys()].toSorted(), [...to.keys()].toSorted()];
  return {
    added: after.filter((path) => !from.has(path)),
    changed: after.filter((path) => from.has(path) && from.get(path) !== to.get(path)),
    removed: before.filter((path) => !to.has(path)),
  };
}
