/** What in the story of a deployment is worth telling somebody who does not look. Pure. */
import type { Notified } from '../../config/schema/notifications.ts';
import type { DeploymentEvent } from '../../domain/event.ts';
import { sentenceOf } from '../../domain/outcome.ts';
import type { Plan } from '../../domain/plan.ts';
import type { StoredEvent } from '../../journal/journal.ts';

export interface Occasion {
  readonly event: Notified;
  /** Of the event in the journal. */
  readonly seq: number;
  readonly at: number;
  /** What a gate asks; `null` for others. */
  readonly question: string | null;
  /** Why it did not complete, in one sentence; `null` for others. */
  readonly reason: string | null;
}

/** Who the story is about. */
export interface Protagonist {
  readonly id: string;
  readonly plan: Plan;
  readonly by: string;
  readonly createdAt: number;
}

/** Goes through the events of one deployment, all of them and in order. */
export class Occasions {
  readonly #id: string;
  #about: Protagonist | null = null;
  /** No gate comes after that; its steps are others. */
  #hasTurned = false;
  #seq = 0;
  #reason: string | null = null;

  constructor(id: string) {
    this.#id = id;
  }

  /** `null` before the first event. */
  get about(): Protagonist | null {
    return this.#about;
  }

  /** Of the last event that was gone through; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** The occasions among the events, which begin where the last ones ended. */
  among(events: readonly StoredEvent[]): Occasion[] {
    return events.flatMap(({ seq, event }) => {
      this.#seq = seq;
      return this.#occasion(seq, event);
    });
  }

  #occasion(seq: number, event: DeploymentEvent): Occasion[] {
    const { at } = event;
    const nothing = { seq, at, question: null, reason: null };
    switch (event.type) {
      case 'deployment-created':
        this.#about = { id: this.#id, plan: event.plan, by: event.by, createdAt: at };
        return [];
      case 'deployment-started':
        return [{ ...nothing, event: 'started' }];
      case 'rollback-started':
      case 'stopped':
        this.#hasTurned = true;
        this.#reason = sentenceOf(event.cause);
        return [];
      case 'step-started': {
        const step = this.#hasTurned ? undefined : this.#about?.plan.steps[event.step];
        return step?.kind === 'gate' ? [{ ...nothing, event: 'gate', question: step.name }] : [];
      }
      case 'deployment-finished': {
        const reason = event.cause === undefined ? this.#reason : sentenceOf(event.cause);
        return [{ ...nothing, event: event.outcome, reason: event.outcome === 'completed' ? null : reason }];
      }
      default:
        return [];
    }
  }
}
