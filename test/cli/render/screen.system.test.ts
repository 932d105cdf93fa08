import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requires } from '../../support/requires.ts';
import { runProcess } from '../../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const SCREEN = pathToFileURL(resolve(import.meta.dirname, '../../../dist/cli/render/screen.js')).href;

/** Shows its size and a number that grows to 9, in a picture whose height changes; SIGUSR2 ends it well. */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import { LiveScreen } from '${SCREEN}';
const screen = new LiveScreen(process.stdout);
let frame = 0;
screen.update(({ columns, rows }) => {
  frame = Math.min(9, frame + 1);
  const more = frame % 4 < 2 ? ['', 'now and then'] : [];
  return ['size ' + columns + 'x' + rows, '='.repeat(columns), ...more, 'frame ' + frame];
});
const timer = setInterval(() => {}, 1000);
process.once('SIGUSR2', () => { clearInterval(timer); screen.done(['completed']); });
writeFileSync(process.argv[2], String(process.pid));
`;

/** A tmux server of its own whose window runs the program; `await using` ends it and all that runs in it. */
class Tmux implements AsyncDisposable {
  readonly #socket: string;
  readonly #pidFile: string;

  private constructor(folder: string) {
    this.#socket = join(folder, 'tmux.sock');
    this.#pidFile = join(folder, 'pid');
  }

  static async open({ path }: TemporaryFolder, columns: number, rows: number): Promise<Tmux> {
    const tmux = new Tmux(path);
    const program = join(path, 'program.mjs');
    await writeFile(program, PROGRAM);
    const run = `echo before; '${process.execPath}' '${program}' '${join(path, 'pid')}'; echo after; sleep 60`;
    await tmux.#run('new-session', '-d', '-x', String(columns), '-y', String(rows), run);
    await tmux.showing(/^frame 9$/);
    return tmux;
  }

  /** What stands on the screen, as soon as a line of it fits. */
  async showing(wanted: RegExp): Promise<string[]> {
    return waitFor(`a line like ${wanted}`, async () => {
      const lines = (await this.#run('capture-pane', '-p')).trimEnd().split('\n');
      return lines.some((line) => wanted.test(line)) && lines;
    });
  }

  async hasCursor(): Promise<boolean> {
    return (await this.#run('display-message', '-p', '#{cursor_flag}')).trim() === '1';
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    process.kill(Number(await readFile(this.#pidFile, 'utf8')), signal);
  }

  async #run(...words: string[]): Promise<string> {
    const argv = ['tmux', '-S', this.#socket, '-f', '/dev/null', ...words];
    const { exitCode, stdout, stderr } = await runProcess(argv);
    if (exitCode !== 0) throw new Error(`tmux ${words[0]}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('kill-server').catch(() => {});
  }
}

describe.runIf(requires('tmux'))('LiveScreen on a terminal', () => {
  it('follows its size', async () => {
    await using folder = await temporaryFolder();
    await using tmux = await Tmux.open(folder, 60, 12);
    const more = ['', 'now and then', 'frame 9'];
    expect(await tmux.showing(/^frame 9$/)).toEqual(['before', 'size 60x11', '='.repeat(60), ...more]);
    // tmux moves lines out of the screen at its top when lines are broken.
    await tmux.resize(30, 12);
    const narrow = (await tmux.showing(/^size 30x11$/)).filter((line) => line !== 'before');
    expect(narrow).toEqual(['size 30x11', '='.repeat(30), ...more]);
    await tmux.resize(50, 8);
    const low = (await tmux.showing(/^size 50x7$/)).filter((line) => line !== 'before');
    expect(low).toEqual(['size 50x7', '='.repeat(50), ...more]);
  });

  it('leaves its last lines and the cursor', async () => {
    await using folder = await temporaryFolder();
    await using tmux = await Tmux.open(folder, 60, 12);
    expect(await tmux.hasCursor()).toBe(false);
    await tmux.kill('SIGUSR2');
    expect(await tmux.showing(/^after$/)).toEqual(['before', 'completed', 'after']);
    expect(await tmux.hasCursor()).toBe(true);
  });

  it('gives the cursor back when it is killed', async () => {
    await using folder = await temporaryFolder();
    await using tmux = await Tmux.open(folder, 60, 12);
    await tmux.kill('SIGTERM');
    await tmux.showing(/^after$/);
    expect(await tmux.hasCursor()).toBe(true);
  });
});
