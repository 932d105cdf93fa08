/** How a rollout is shown while it runs: a live picture on a terminal, lines elsewhere, nothing for `--json`. */

import type { DeploymentState } from '../domain/state.ts';
import type { EventListener } from '../engine/deployment-run.ts';
import { renderLive } from './render/live-view.ts';
import { PlainLines } from './render/plain-view.ts';
import { EMPTY_HISTORY, followEvents } from './render/rollout-history.ts';
import { LiveScreen } from './render/screen.ts';
import type { Terminal } from './terminal.ts';

export interface RolloutView {
  /** The state after the last events; `null` before the first. */
  readonly state: DeploymentState | null;
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
  if (terminal.json) return quietView(terminal);
  return terminal.live ? liveView(terminal, options) : lineView(terminal);
}

function quietView(terminal: Terminal): RolloutView {
  let seen: DeploymentState | null = null;
  return {
    get state() {
      return seen;
    },
    onEvents(_events, state) {
      seen = state;
    },
    remark: (line) => terminal.remark(line),
    close() {},
  };
}

function lineView(terminal: Terminal): RolloutView {
  const plain = new PlainLines(terminal.paint);
  let seen: DeploymentState | null = null;
  return {
    get state() {
      return seen;
    },
    onEvents(events, state) {
      seen = state;
      for (const line of plain.lines(events, state)) terminal.print(line);
    },
    remark: (line) => terminal.remark(line),
    close() {},
  };
}

function liveView(terminal: Terminal, { urls, estimateMs, role }: ViewOptions): RolloutView {
  const { paint } = terminal;
  const screen = new LiveScreen(process.stdout);
  let history = EMPTY_HISTORY;
  let seen: DeploymentState | null = null;
  let said: string | null = null;
  const draw = () => {
    const state = seen;
    if (state === null) return;
    const estimate = estimateMs === null ? {} : { estimateMs };
    screen.update(({ columns, rows }) => {
      const remarks = said === null ? [] : [paint.waiting(said)];
      const room = rows - remarks.length;
      const options = { paint, columns, rows: room, now: Date.now(), urls, history, role, ...estimate };
      return [...renderLive(state, options), ...remarks];
    });
  };
  return {
    get state() {
      return seen;
    },
    onEvents(events, state) {
      seen = state;
      history = followEvents(history, events, state.plan);
      draw();
    },
    remark(line) {
      said = line;
      if (seen === null) terminal.remark(line);
      else draw();
    },
    close: () => screen.done([]),
  };
}
