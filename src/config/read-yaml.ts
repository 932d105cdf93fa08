import { Composer, type CST, type Document, Parser } from 'yaml';
import { ConfigError } from '../errors.ts';
import { formatProblem, type Position } from './problem.ts';
import { MAX_DEPTH, type Source } from './source.ts';
import { nameOf } from './words.ts';
import { readTree } from './yaml-tree.ts';

/** Something that is wrong with the syntax. */
interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** A fault drags others behind it: the first of a line, and the first few lines, tell enough. */
const MAX_FAULTS = 5;

/** What the parser says in words of the YAML standard, in words of those who write a config. */
const IN_OTHER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/ends? with an? ([\]}])/, 'a closing $1 is missing'],
  [/^Missing closing (["'])quote/, 'a closing $1 is missing'],
  [/^Nested mappings are not allowed/, 'a second ": " in one line; put the text in quotes'],
  [/^Implicit map keys need to be followed by map values/, 'a ":" is missing after the key'],
  [/^All \w+ items must start at the same column/, 'indented differently from the lines beside it'],
  [/^Tabs are not allowed as indentation/, 'indented with a tab; use spaces'],
];

/**
 * Reads YAML, and JSON, which is a part of it.
 * @param file as it is named in messages
 * @throws ConfigError when the syntax is wrong
 */
export function readYaml(text: string, file: string): Source {
  const end = text.trimEnd().length;
  const positionOf = (offset: number): Position => {
    // What is missing at the end is missing behind the last thing that is there.
    const lines = text.slice(0, Math.min(offset, end)).split('\n');
    return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
  };
  const document = parse(text);
  if (!Array.isArray(document)) return readTree(document, positionOf);

  const problems = new Map<number, string>();
  for (const { offset, message } of document.toSorted((a, b) => a.offset - b.offset)) {
    const position = positionOf(offset);
    if (problems.has(position.line) || problems.size === MAX_FAULTS) continue;
    const early = offset >= end ? 'the file ends too early: ' : '';
    const line = text.split('\n')[position.line - 1] ?? '';
    const problem = formatProblem(file, position, [], `${early}${message}: ${nameOf(line.trim())}`);
    problems.set(position.line, problem);
  }
  throw new ConfigError([...problems.values()], {
    remedy: 'Correct the syntax first; the rest is checked after that.',
  });
}

function parse(text: string): Document.Parsed | Fault[] {
  const tokens = [...new Parser().parse(text)];
  // Composing is recursive: what is nested without end must not get there.
  if (isDeeperThan(MAX_DEPTH, tokens)) {
    return [{ offset: 0, message: `nested deeper than ${MAX_DEPTH} levels` }];
  }
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) return [{ offset: 0, message: 'nothing in it' }];
  if (second !== undefined) {
    return [{ offset: second.range[0], message: 'a second document begins here; keep only one' }];
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length === 0) return document;
  return faults.map(({ pos, message }) => ({ offset: pos[0], message: inOtherWords(message) }));
}

function isDeeperThan(depth: number, tokens: readonly CST.Token[]): boolean {
  let level = tokens;
  for (let count = 0; level.length > 0; count++) {
    if (count > depth) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value]).filter((child) => child != null);
}

function inOtherWords(message: string): string {
  for (const [pattern, words] of IN_OTHER_WORDS) {
    const match = pattern.exec(message);
    if (match !== null) return words.replace('$1', match[1] ?? '');
  }
  return message;
}
