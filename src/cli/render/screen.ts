/**
 * The one part that owns a terminal: a picture that is drawn over itself until it is done. What is drawn is a
 * function of the size, so that a change of size and the passing of time need nobody to ask for it.
 */
import { createLogUpdate } from 'log-update';
import { tame, visibleWidth } from './text.ts';

/** What there is to draw on. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Draws the picture as it is now: at most `rows` lines, none wider than `columns`. */
export type Draw = (size: ScreenSize) => readonly string[];

/** Between two drawings: ten a second are smooth, and no burst of events costs more than that. */
const FRAME_MS = 100;

export class LiveScreen {
  readonly #stream: NodeJS.WriteStream;
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #onResize = () => this.#resize();
  readonly #timer: NodeJS.Timeout;
  #draw: Draw | null = null;
  /** Widths of the lines that stand there now. */
  #standing: readonly number[] = [];
  #isDone = false;

  /** Takes the terminal: hides the cursor, which log-update brings back however the process ends. */
  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#log = createLogUpdate(stream);
    this.#timer = setInterval(() => this.#redraw(), FRAME_MS).unref();
    stream.on('resize', this.#onResize);
  }

  /** Room for the picture: the last row stays free, for the cursor. */
  get size(): ScreenSize {
    const { columns, rows } = this.#stream;
    return { columns: Math.max(1, columns), rows: Math.max(1, rows - 1) };
  }

  /** Shows this picture from now on: the first one at once, others with the next frame. */
  update(draw: Draw): void {
    const isFirst = this.#draw === null;
    this.#draw = draw;
    if (isFirst) this.#redraw();
  }

  /** Puts these lines in the place of the picture, for good, and gives the terminal back. */
  done(lines: readonly string[]): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearInterval(this.#timer);
    this.#stream.off('resize', this.#onResize);
    this.#log.clear();
    this.#log.done();
    if (lines.length > 0) this.#stream.write(`${tame(lines.join('\n'))}\n`);
  }

  #redraw(): void {
    if (this.#draw === null || this.#isDone) return;
    const lines = this.#draw(this.size);
    // log-update writes over the lines that changed. It takes those below for unmoved, which they are not when
    // their number changes, and loses count of them when the last that changed is empty.
    if (lines.length !== this.#standing.length) this.#log.clear();
    this.#standing = lines.map(visibleWidth);
    this.#log(tame(lines.map((line) => (line === '' ? ' ' : line)).join('\n')));
  }

  /** A narrower terminal has broken the standing lines into more rows than log-update knows of. */
  #resize(): void {
    const { columns } = this.size;
    const rows = this.#standing.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    if (rows > 0) this.#stream.write(`\u001b[${rows}A\r\u001b[J`);
    this.#log.done();
    this.#redraw();
  }
}
