import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
} from 'yaml';
import { isMapping } from './mapping.ts';
import type { Path, Position, Problem } from './problem.ts';
import { MAX_DEPTH, MAX_VALUES, type Source } from './source.ts';

/** Offsets of a value and of its key; an entry of a list has no key. */
interface Place {
  readonly key: number | null;
  readonly value: number;
}

/** Plain data from YAML's tree, with the place of each part of it. */
export function readTree(document: Document.Parsed, positionOf: (offset: number) => Position): Source {
  const reader = new TreeReader();
  const value = reader.read(document.contents, [], null);
  return {
    value,
    problems: reader.problems,
    locate(path, at) {
      const place = reader.placeOf(path);
      if (place !== undefined) return positionOf(at === 'key' ? (place.key ?? place.value) : place.value);
      for (let length = path.length - 1; length >= 0; length--) {
        const around = reader.placeOf(path.slice(0, length));
        if (around !== undefined) return positionOf(around.key ?? around.value);
      }
      return null;
    },
  };
}

/** Follows aliases and merge keys (`<<`), which can contain themselves, and gathers what is wrong. */
class TreeReader {
  readonly problems: Problem[] = [];
  /** By path, as JSON. */
  readonly #places = new Map<string, Place>();
  readonly #anchors = new Map<string, Node>();
  /** The collections that are being read: those that the present node is part of. */
  readonly #open = new Set<Node>();
  #aliasesFollowed = 0;
  #values = 0;
  #isFull = false;

  placeOf(path: Path): Place | undefined {
    return this.#places.get(JSON.stringify(path));
  }

  /** @param keyOffset where the key of this value is, when it has one */
  read(node: unknown, path: Path, keyOffset: number | null): unknown {
    this.#values++;
    const value = this.#valueOf(node, path);
    // Set last, so that it holds also where an alias or a merge has been read at the same path. What is empty
    // is nowhere; its key is somewhere.
    const offset = value === null && keyOffset !== null ? keyOffset : offsetOf(node);
    this.#places.set(JSON.stringify(path), { key: keyOffset, value: offset });
    return value;
  }

  #valueOf(node: unknown, path: Path): unknown {
    if (!isNode(node)) return null;
    if (isAlias(node)) return this.#follow(node, path);
    // Anchors within what an alias stands for have been seen before.
    if (node.anchor !== undefined && this.#aliasesFollowed === 0) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    this.#open.add(node);
    const value = isMap(node)
      ? this.#readMap(node, path)
      : node.items.map((item, index) => this.read(item, [...path, index], null));
    this.#open.delete(node);
    return value;
  }

  #follow(alias: Alias, path: Path): unknown {
    const node = this.#anchors.get(alias.source);
    if (node === undefined) return this.#refuse(path, `*${alias.source} has no &${alias.source} before it`);
    if (this.#open.has(node)) return this.#refuse(path, `*${alias.source} contains itself`);
    if (path.length > MAX_DEPTH) return this.#refuse(path, `nested deeper than ${MAX_DEPTH} levels`);
    if (this.#values > MAX_VALUES) return this.#refuseMore(path);
    this.#aliasesFollowed++;
    const value = this.read(node, path, null);
    this.#aliasesFollowed--;
    return value;
  }

  /** What is merged in comes first, so that what is written here overrides it. */
  #readMap(map: YAMLMap, path: Path): unknown {
    const merges = map.items.filter((pair) => isMergeKey(pair.key));
    const entries = new Map(merges.flatMap((pair) => this.#merged(pair.value, path)));
    const written = new Set<string>();
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) continue;
      const key = this.#keyOf(pair.key, path);
      if (key === null) continue;
      entries.set(key, this.read(pair.value, [...path, key], offsetOf(pair.key)));
      if (written.has(key)) this.#refuse([...path, key], 'is given twice', 'key');
      written.add(key);
    }
    return Object.fromEntries(entries);
  }

  /** The entries of what `<<` names: a mapping, or a list of mappings of which the first counts most. */
  #merged(node: unknown, path: Path): [string, unknown][] {
    if (isSeq(node)) return node.items.toReversed().flatMap((item) => this.#merged(item, path));
    const value = this.read(node, path, null);
    if (isMapping(value)) return Object.entries(value);
    this.#refuse(path, '<< takes a mapping');
    return [];
  }

  #keyOf(node: unknown, path: Path): string | null {
    if (!isScalar(node) || node.value === null) return this.#refuse(path, 'a key must be text');
    const key = typeof node.value === 'string' ? node.value : (node.source ?? '');
    if (key !== '__proto__') return key;
    return this.#refuse(path, '__proto__ cannot be a key');
  }

  /** Said once: each alias that is left would say it again. */
  #refuseMore(path: Path): null {
    if (this.#isFull) return null;
    this.#isFull = true;
    return this.#refuse(path, `${MAX_VALUES} values, aliases counted, are too many`);
  }

  #refuse(path: Path, message: string, at: Problem['at'] = 'value'): null {
    this.problems.push({ path, message, at });
    return null;
  }
}

function offsetOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<';
}
