/**
 * Terminal screens as an SVG picture: lines as a `Paint` has coloured them, in a window of their own that looks
 * the same on a light and on a dark page. Several screens become an animation; where nothing may move, and in
 * viewers that do not animate, one of them stays.
 */

export interface Screen {
  /** Lines with colour codes, none wider than the window. */
  readonly lines: readonly string[];
  /** How long it is shown in an animation. */
  readonly showMs: number;
}

export interface PictureOptions {
  /** Said at the top of the window, and to people who cannot see the picture. */
  readonly title: string;
  /** What the picture shows, for people who cannot see it. */
  readonly description: string;
  readonly columns: number;
  readonly screens: readonly Screen[];
  /** The screen that is shown where nothing moves. Default the first. */
  readonly still?: number;
}

/** How a part of a line looks. */
interface Look {
  readonly color: Color;
  readonly strong: boolean;
}

/** Characters beside each other that look the same, from a column on. */
interface Run extends Look {
  readonly column: number;
  readonly text: string;
}

type Color = keyof typeof COLORS;

const COLORS = {
  plain: '#d0d7de',
  dim: '#848d97',
  good: '#4ac26b',
  bad: '#ff7b72',
  waiting: '#e3b341',
  hint: '#6cb6ff',
} as const;
const STRONG = '#ffffff';
const BAR_REST = '#444c56';
const WINDOW = '#161b22';
const FRAME = '#3d444d';
const FONT = 'ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace';

const FONT_PX = 14;
const COLUMN_PX = 8.4;
const ROW_PX = 20;
const PADDING_PX = 22;
const TITLE_PX = 42;
/** From the top of a row to the line that letters stand on. */
const BASELINE_PX = 14.5;

/**
 * Bars, squares, other symbols, and text without gaps. Bars and squares are drawn rather than written, as fonts
 * leave gaps between them; symbols stand alone, as they may come from another font than the letters.
 */
const PARTS = /━+|─+|[■□▣]|[^\u0020-\u007e]|[\u0021-\u007e]+(?: [\u0021-\u007e]+)*| +/gu;

/** The whole SVG file. The same input gives the same text. */
export function renderPicture(options: PictureOptions): string {
  const { title, description, columns, screens, still = 0 } = options;
  const rows = Math.max(...screens.map(({ lines }) => lines.length));
  const width = Math.round(columns * COLUMN_PX + 2 * PADDING_PX);
  const height = TITLE_PX + rows * ROW_PX + PADDING_PX;
  const lines = new DrawnLines();
  const groups = screens.map((screen, index) => {
    const shown = screen.lines.map((line, row) => lines.shownIn(row, line)).join('');
    return `<g class="screen s${index}">${shown}</g>`;
  });
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(description)}</desc>`,
    `<style>\n${[...looks(), ...animation(screens, still)].join('\n')}\n</style>`,
    `<defs>\n${lines.drawn.join('\n')}\n</defs>`,
    ...terminalWindow(width, height, title),
    ...groups,
    '</svg>\n',
  ].join('\n');
}

function looks(): string[] {
  return [
    `text{font:${FONT_PX}px ${FONT}}`,
    ...Object.entries(COLORS).map(([name, color]) => `.${name}{fill:${color}}`),
    `.strong{font-weight:600}.plain.strong{fill:${STRONG}}`,
    `.rest{fill:${BAR_REST}}`,
  ];
}

function animation(screens: readonly Screen[], still: number): string[] {
  if (screens.length === 1) return [];
  const totalMs = screens.reduce((sum, { showMs }) => sum + showMs, 0);
  let passedMs = 0;
  const keyframes = screens.map(({ showMs }, index) => {
    const from = percentOf(passedMs, totalMs);
    passedMs += showMs;
    return `@keyframes k${index}{0%{opacity:0}${from}{opacity:1}${percentOf(passedMs, totalMs)}{opacity:0}}`;
  });
  const names = screens.map((_, index) => `.s${index}{animation-name:k${index}}`);
  const moving = [`.screen{animation:${totalMs}ms step-end infinite}`, ...names].join('');
  return [
    `.screen{opacity:0}.s${still}{opacity:1}`,
    `@media (prefers-reduced-motion:no-preference){${moving}}`,
    ...keyframes,
  ];
}

/** Never exactly the beginning and the end of the animation, which have keyframes of their own. */
function percentOf(ms: number, totalMs: number): string {
  return `${Math.min(99.99, Math.max(0.01, (100 * ms) / totalMs)).toFixed(2)}%`;
}

function terminalWindow(width: number, height: number, title: string): string[] {
  const outline = `x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"`;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (color, index) => `<circle cx="${PADDING_PX + 6 + index * 20}" cy="20" r="6" fill="${color}"/>`,
  );
  return [
    `<rect ${outline} fill="${WINDOW}" stroke="${FRAME}"/>`,
    dots.join(''),
    `<text x="${width / 2}" y="25" text-anchor="middle" class="dim">${escapeXml(title)}</text>`,
  ];
}

/** Lines by what they say: each is drawn once, however many screens have it. */
class DrawnLines {
  readonly drawn: string[] = [];
  readonly #ids = new Map<string, string>();

  /** What shows the line in this row. */
  shownIn(row: number, line: string): string {
    if (line === '') return '';
    const id = this.#ids.get(line) ?? this.#draw(line);
    return `<use href="#${id}" y="${TITLE_PX + row * ROW_PX}"/>`;
  }

  #draw(line: string): string {
    const id = `l${this.#ids.size}`;
    this.#ids.set(line, id);
    this.drawn.push(`<g id="${id}">${runsOf(line).map(drawRun).join('')}</g>`);
    return id;
  }
}

function drawRun(run: Run): string {
  const left = round(PADDING_PX + run.column * COLUMN_PX);
  const [first = ''] = run.text;
  if ('━─'.includes(first)) return drawBar(run, left);
  return '■□▣'.includes(first) ? drawSquare(run, left) : drawText(run, left);
}

function drawBar({ text, color }: Run, left: number): string {
  const isFull = text.startsWith('━');
  const height = isFull ? 6 : 2;
  const place = `x="${left}" y="${ROW_PX / 2 - height / 2}" width="${widthOf(text)}" height="${height}"`;
  return `<rect ${place} class="${isFull ? color : 'rest'}"/>`;
}

function drawSquare({ text, color }: Run, left: number): string {
  const x = round(left - 0.8);
  const outline = `<rect x="${x}" y="5" width="9" height="9" stroke="${COLORS[color]}"`;
  if (text === '■') return `${outline} class="${color}"/>`;
  const core =
    text === '▣' ? `<rect x="${round(x + 2.5)}" y="7.5" width="4" height="4" class="${color}"/>` : '';
  return `${outline} fill="none"/>${core}`;
}

/** With its length, so that the columns hold whatever the font is. */
function drawText({ text, color, strong }: Run, left: number): string {
  const fit = text.length === 1 ? '' : ` textLength="${widthOf(text)}"`;
  const look = strong ? `${color} strong` : color;
  return `<text x="${left}" y="${BASELINE_PX}"${fit} class="${look}">${escapeXml(text)}</text>`;
}

/** The line in parts to draw, without its gaps. */
function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let column = 0;
  for (const { text, ...look } of withoutCodes(line)) {
    for (const part of text.match(PARTS) ?? []) {
      if (part.trim() !== '') runs.push({ column, text: part, ...look });
      column += part.length;
    }
  }
  return runs;
}

/** The text of a line, in parts that look the same. */
function withoutCodes(line: string): (Look & { readonly text: string })[] {
  let look: Look = { color: 'plain', strong: false };
  const parts: (Look & { readonly text: string })[] = [];
  // Splitting by a group keeps the groups: every second part is a code.
  for (const [index, part] of line.split(/\u001b\[(\d+)m/).entries()) {
    if (index % 2 === 1) look = lookAfter(look, Number(part));
    else if (part !== '') parts.push({ text: part, ...look });
  }
  return parts;
}

const COLOR_OF_CODE: Readonly<Record<number, Color>> = {
  2: 'dim',
  31: 'bad',
  32: 'good',
  33: 'waiting',
  36: 'hint',
  39: 'plain',
};

function lookAfter(look: Look, code: number): Look {
  if (code === 1) return { ...look, strong: true };
  if (code === 22) return { color: look.color === 'dim' ? 'plain' : look.color, strong: false };
  const color = COLOR_OF_CODE[code];
  if (color === undefined) throw new RangeError(`pictures know no look for the code ${code}`);
  return { ...look, color };
}

function widthOf(text: string): number {
  return round(text.length * COLUMN_PX);
}

function round(px: number): number {
  return Math.round(px * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
