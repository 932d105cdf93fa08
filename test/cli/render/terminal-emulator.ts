/** A terminal in memory: knows just the escape sequences that are needed to draw over what stands there. */
import { EventEmitter } from 'node:events';

/** Cursor up and down, erase a line or what is below, colours, modes; anything else is an error. */
const SEQUENCE = /\u001b\[(\??[\d;]*)([A-Za-z])/y;

export class TerminalEmulator extends EventEmitter {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** Number of times that something was written. */
  writes = 0;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  /** As what `LiveScreen` draws on. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  /** What has been printed, without empty lines at the end. */
  get text(): string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** Changes the size; lines that are now too wide are broken, as terminals do. */
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.#lines = this.#lines.flatMap((line) => this.#broken(line));
    this.#row = this.#lines.length - 1;
    this.emit('resize');
  }

  write(text: string): boolean {
    this.writes++;
    for (let at = 0; at < text.length; ) at += this.#take(text, at);
    return true;
  }

  #take(text: string, at: number): number {
    SEQUENCE.lastIndex = at;
    const [sequence, parameters = '', final = ''] = SEQUENCE.exec(text) ?? [];
    if (sequence !== undefined) {
      this.#obey(parameters, final);
      return sequence.length;
    }
    const character = text[at] ?? '';
    if (character === '\n') this.#lineFeed();
    else if (character === '\r') this.#column = 0;
    else if (character === '\u001b')
      throw new Error(`unknown sequence ${JSON.stringify(text.slice(at, at + 8))}`);
    else this.#put(character);
    return 1;
  }

  #obey(parameters: string, final: string): void {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 0);
    switch (final) {
      case 'A':
        this.#row = Math.max(0, this.#row - count);
        break;
      case 'B':
        this.#row = Math.min(this.#lines.length - 1, this.#row + count);
        break;
      case 'G':
        this.#column = count - 1;
        break;
      case 'J':
        this.#lines.length = this.#row + 1;
        this.#lines[this.#row] = this.#line.slice(0, this.#column);
        break;
      case 'K':
        this.#lines[this.#row] = parameters === '2' ? '' : this.#line.slice(0, this.#column);
        break;
      case 'h':
      case 'l':
      case 'm':
        break;
      default:
        throw new Error(`unknown sequence ${parameters}${final}`);
    }
  }

  #put(character: string): void {
    this.#lines[this.#row] =
      this.#line.padEnd(this.#column).slice(0, this.#column) + character + this.#line.slice(this.#column + 1);
    this.#column++;
  }

  #lineFeed(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  get #line(): string {
    return this.#lines[this.#row] ?? '';
  }

  #broken(line: string): string[] {
    const pieces: string[] = [];
    for (let start = 0; start === 0 || start < line.length; start += this.columns) {
      pieces.push(line.slice(start, start + this.columns));
    }
    return pieces;
  }
}
