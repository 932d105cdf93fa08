import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveScreen, type ScreenSize } from '../../../src/cli/render/screen.ts';
import { TerminalEmulator } from './terminal-emulator.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function open(columns = 40, rows = 10): { readonly terminal: TerminalEmulator; readonly screen: LiveScreen } {
  const terminal = new TerminalEmulator(columns, rows);
  terminal.write('$ sluice deploy\n');
  return { terminal, screen: new LiveScreen(terminal.stream) };
}

describe('a picture', () => {
  it('is drawn at once, and drawn over by the next', () => {
    const { terminal, screen } = open();
    screen.update(() => ['one', 'two']);
    expect(terminal.text).toEqual(['$ sluice deploy', 'one', 'two']);
    screen.update(() => ['one', '2']);
    vi.advanceTimersByTime(100);
    expect(terminal.text).toEqual(['$ sluice deploy', 'one', '2']);
    screen.done([]);
  });

  it('is drawn anew ten times a second, as time passes', () => {
    const { terminal, screen } = open();
    let frames = 0;
    screen.update(() => [`frame ${++frames}`]);
    vi.advanceTimersByTime(1_000);
    expect(frames).toBe(11);
    expect(terminal.text).toEqual(['$ sluice deploy', 'frame 11']);
    screen.done([]);
  });

  it('is not drawn more often, however many events there are', () => {
    const { terminal, screen } = open();
    let frames = 0;
    for (let event = 0; event < 1_000; event++) {
      screen.update(() => [`event ${event}, frame ${++frames}`]);
      vi.advanceTimersByTime(1);
    }
    expect(frames).toBeLessThanOrEqual(11);
    vi.advanceTimersByTime(100);
    expect(terminal.text[1]).toMatch(/^event 999,/);
    screen.done([]);
  });

  it('is written only when something changed', () => {
    const { terminal, screen } = open();
    screen.update(() => ['calm']);
    const { writes } = terminal;
    vi.advanceTimersByTime(5_000);
    expect(terminal.writes).toBe(writes);
    screen.done([]);
  });

  it('stands as it was drawn, whatever was there before', () => {
    const picture = fc.array(fc.constantFrom('a', 'b', 'c', 'longer line', ''), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1, maxLength: 8 }), (pictures) => {
        const { terminal, screen } = open();
        for (const lines of pictures) {
          screen.update(() => [...lines, 'end']);
          vi.advanceTimersByTime(100);
          expect(terminal.text).toEqual(['$ sluice deploy', ...lines, 'end']);
        }
        screen.done([]);
        expect(terminal.text).toEqual(['$ sluice deploy']);
      }),
    );
  });
});

describe('the size', () => {
  it('leaves a row for the cursor', () => {
    const { screen } = open(80, 24);
    expect(screen.size).toEqual({ columns: 80, rows: 23 });
    screen.done([]);
  });

  it('may change: the picture is drawn at once, and nothing is left of the one before', () => {
    const { terminal, screen } = open(40, 10);
    const draw = ({ columns }: ScreenSize) => ['x'.repeat(columns), 'end'];
    screen.update(draw);
    expect(terminal.text).toEqual(['$ sluice deploy', 'x'.repeat(40), 'end']);
    terminal.resize(15, 10);
    expect(terminal.text).toEqual(['$ sluice deploy', 'x'.repeat(15), 'end']);
    terminal.resize(60, 10);
    expect(terminal.text).toEqual(['$ sluice deploy', 'x'.repeat(60), 'end']);
    screen.done(['over']);
    expect(terminal.text).toEqual(['$ sluice deploy', 'over']);
  });
});

describe('when it is done', () => {
  it('the last lines take the place of the picture', () => {
    const { terminal, screen } = open();
    screen.update(() => ['one', 'two', 'three']);
    screen.done(['completed', 'next']);
    expect(terminal.text).toEqual(['$ sluice deploy', 'completed', 'next']);
  });

  it('nothing is drawn any more', () => {
    const { terminal, screen } = open();
    screen.update(() => ['one']);
    screen.done([]);
    screen.done(['again']);
    screen.update(() => ['late']);
    terminal.resize(20, 10);
    vi.advanceTimersByTime(1_000);
    expect(terminal.text).toEqual(['$ sluice deploy']);
    expect(terminal.listenerCount('resize')).toBe(0);
  });
});
