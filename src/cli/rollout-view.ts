/** How a rollout is shown while it runs: a live picture on a terminal, lines elsewhere, nothing for `--json`. */

import type { DeploymentState } from '../domain/state.ts';
import type { EventListener } from '../engine/deployment-run.ts';
import { EMPTY_HISTORY, followEvents, type RolloutHistory } from '../words/rollout-history.ts';
import { renderLive } from './render/live-view.ts';
import { PlainLines } from './render/plain-view.ts';
import { LiveScreen } from './render/screen.ts';
import { truncate } from './render/text.ts';
import type { Terminal } from './terminal.ts';

/** Between two looks whether it has been silent for too long. */
const IDLE_LOOK_MS = 1_000;

export interface RolloutView {
  /** The state after the last events; `null` before the first. */
  readonly state: DeploymentState | null;
  readonly history: RolloutHistory;
  readonly onEvents: EventListener;
  /** Says something beside the rollout. */
  remark(line: string): void;
  /** Gives the terminal back; may be called again. */
  close(): void;
}

export interface ViewOptions {
  readonly urls: readonly string[];
  /** How long the whole usually takes; `null` when that is not known. */
  readonly estimateMs: number | null;
  /** A watcher's Ctrl-C changes nothing. */
  readonly role: 'controller' | 'watcher';
}

export function openRolloutView(terminal: Terminal, options: ViewOptions): RolloutView {
  if (terminal.json) return following({ remark: (line) => terminal.remark(line) });
  return terminal.live ? liveView(terminal, options) : lineView(terminal);
}

/** What a kind of view does on top of following the events. */
interface ViewParts {
  readonly draw?: EventListener;
  readonly remark: (line: string) => void;
  readonly close?: () => void;
}

function following({ draw, remark, close }: ViewParts): RolloutView {
  let seen: DeploymentState | null = null;
  let history = EMPTY_HISTORY;
  return {
    get state() {
      return seen;
    },
    get history() {
      return history;
    },
    onEvents(events, state) {
      seen = state;
      history = followEvents(history, events, state.plan);
      draw?.(events, state);
    },
    remark,
    close: () => close?.(),
  };
}

function lineView(terminal: Terminal): RolloutView {
  const plain = new PlainLines(terminal.paint);
  const print = (lines: readonly string[]) => {
    if (lines.length > 0) terminal.print(lines);
  };
  const idle = setInterval(() => {
    if (view.state !== null) print(plain.idle(view.state, Date.now()));
  }, IDLE_LOOK_MS).unref();
  const view = following({
    draw: (events, state) => print(plain.lines(events, state)),
    remark: (line) => terminal.remark(line),
    close: () => clearInterval(idle),
  });
  return view;
}

function liveView(terminal: Terminal, { urls, estimateMs, role }: ViewOptions): RolloutView {
  const { paint } = terminal;
  const screen = new LiveScreen(process.stdout);
  let said: string | null = null;
  const draw = () => {
    const { state, history } = view;
    if (state === null) return;
    const estimate = estimateMs === null ? {} : { estimateMs };
    screen.update(({ columns, rows }) => {
      const remarks = said === null ? [] : [paint.waiting(truncate(said, columns, paint.symbols.ellipsis))];
      const room = rows - remarks.length;
      const options = { paint, columns, rows: room, now: Date.now(), urls, history, role, ...estimate };
      return [...renderLive(state, options), ...remarks];
    });
  };
  const view = following({
    draw,
    remark(line) {
      said = line;
      if (view.state === null) terminal.remark(line);
      else draw();
    },
    close: () => screen.done([]),
  });
  return view;
}
