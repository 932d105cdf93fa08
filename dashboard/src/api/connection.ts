/** Whether what is shown is what is: the state of all streams, and whether the server answers at all. */
import { useSyncExternalStore } from 'react';

export type ConnectionState = 'live' | 'connecting' | 'lost';

export interface Connection {
  readonly state: ConnectionState;
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
}

const parts = new Map<symbol, ConnectionState>();
const listeners = new Set<() => void>();
let current: Connection = { state: 'connecting', since: Date.now() };

/** One thing that the connection depends on. Call `leave` when it is not wanted any more. */
export function joinConnection(): {
  readonly report: (state: ConnectionState) => void;
  readonly leave: () => void;
} {
  const part = Symbol('part');
  return {
    report: (state) => {
      parts.set(part, state);
      update();
    },
    leave: () => {
      parts.delete(part);
      update();
    },
  };
}

/** How it stands as a whole: lost as soon as any part is. */
export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function update(): void {
  const states = [...parts.values()];
  const state = states.includes('lost') ? 'lost' : states.includes('connecting') ? 'connecting' : 'live';
  if (state === current.state) return;
  current = { state, since: Date.now() };
  for (const listener of listeners) listener();
}
