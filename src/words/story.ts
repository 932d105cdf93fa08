/** The story of one deployment, event by event: the end of what `sluice show` prints, and what its page shows. */
import type { DeploymentEvent } from '../domain/event.ts';
import { evolve } from '../domain/evolve.ts';
import type { Intent, Outcome } from '../domain/operation.ts';
import { type DeploymentState, initialState, type StepProgress } from '../domain/state.ts';
import { type EventWords, eventWords } from './event-words.ts';
import type { Paint } from './paint.ts';

/** An event with its place in the journal. */
interface StoryEvent {
  readonly seq: number;
  readonly event: DeploymentEvent;
}

/** One line of the story. */
export interface StoryLine {
  readonly seq: number;
  readonly at: number;
  readonly words: EventWords;
  /** How many in a row say the same. */
  count: number;
}

/**
 * The story of the deployment `id`. Events that say the same, such as checks that pass, are one line with their number.
 * @param apart what a step did on its targets in a line each, instead of all together
 */
export function tellStory(
  id: string,
  events: readonly StoryEvent[],
  paint: Paint,
  apart: boolean,
): StoryLine[] {
  let state: DeploymentState | null = null;
  const rows: StoryLine[] = [];
  const add = ({ seq, at, words }: Omit<StoryLine, 'count'>) => {
    const last = rows.at(-1);
    const isRepeated = last !== undefined && words.inStep && last.words.text === words.text;
    if (isRepeated) last.count++;
    else rows.push({ seq, at, words, count: 1 });
  };
  const together = new Together(paint);
  for (const { seq, event } of events) {
    if (apart || !together.take(seq, event, state)) {
      for (const row of together.flush()) add(row);
      for (const words of eventWords(event, state, paint)) add({ seq, at: event.at, words });
    }
    if (event.type === 'deployment-created') state = initialState(id, event.plan, event.by);
    else if (state !== null) state = evolve(state, event);
  }
  for (const row of together.flush()) add(row);
  return rows;
}

interface Group {
  /** Of the last event in it. */
  seq: number;
  at: number;
  readonly state: DeploymentState;
  readonly active: Map<number, StepProgress['active'] extends ReadonlyMap<number, infer A> ? A : never>;
  readonly intents: Intent[];
  readonly outcomes: Outcome[];
}

/**
 * What a step did on many targets, told in one line for each operation instead of one for each target. Failures
 * stay apart from what went well.
 */
class Together {
  readonly #paint: Paint;
  readonly #groups = new Map<string, Group>();

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** Takes the event, if it is one of a step on its targets; `state` is the one that it met. */
  take(seq: number, event: DeploymentEvent, state: DeploymentState | null): boolean {
    if (state === null) return false;
    if (event.type === 'operations-started') {
      if (event.intents.some(({ target }) => target === null)) return false;
      for (const intent of event.intents) {
        const group = this.#group(
          `start ${intent.operation} ${intent.side} ${intent.attempt}`,
          seq,
          event.at,
          state,
        );
        group.intents.push(intent);
      }
      return true;
    }
    if (event.type !== 'operations-finished') return false;
    if (event.outcomes.some(({ target }) => target === null)) return false;
    for (const outcome of event.outcomes) {
      const target = outcome.target as number;
      const active = state.step?.active.get(target);
      const key = `${outcome.operation} ${active?.side} ${outcome.ok}`;
      const group = this.#group(key, seq, event.at, state);
      group.outcomes.push(outcome);
      if (active !== undefined) group.active.set(target, active);
    }
    return true;
  }

  *flush(): Generator<Omit<StoryLine, 'count'>> {
    const inOrder = [...this.#groups.values()].toSorted((a, b) => a.at - b.at || a.seq - b.seq);
    for (const { seq, at, state, active, intents, outcomes } of inOrder) {
      const event: DeploymentEvent =
        intents.length > 0
          ? { type: 'operations-started', at, intents: intents.toSorted(byTarget) }
          : { type: 'operations-finished', at, outcomes: outcomes.toSorted(byTarget) };
      // Which release each of them was about is told by what was under way when it ended.
      const met = state.step === null ? state : { ...state, step: { ...state.step, active } };
      for (const words of eventWords(event, met, this.#paint)) yield { seq, at, words };
    }
    this.#groups.clear();
  }

  #group(key: string, seq: number, at: number, state: DeploymentState): Group {
    const known = this.#groups.get(key);
    const group = known ?? { seq, at, state, active: new Map(), intents: [], outcomes: [] };
    group.seq = seq;
    group.at = at;
    this.#groups.set(key, group);
    return group;
  }
}

function byTarget(a: { readonly target: number | null }, b: { readonly target: number | null }): number {
  return (a.target ?? 0) - (b.target ?? 0);
}
