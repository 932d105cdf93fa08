/**
 * How many log in at once. An sshd hangs up on some of more than ten connections that have not been let in
 * yet (MaxStartups 10:30:100), and a host that others are reached through is an sshd to all of them.
 */

const MOST_AT_A_DOOR = 8;

interface Waiting {
  readonly doors: readonly string[];
  readonly enter: () => void;
}

export class LoginGate {
  readonly #most: number;
  readonly #atDoor = new Map<string, number>();
  #waiting: Waiting[] = [];
  #inside = 0;

  /** @param most logins at once, to whatever hosts */
  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when it is our turn, with what is called when we have been let in or given up. */
  async enter(doors: readonly string[], signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await this.#turn(doors, signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside -= 1;
      for (const door of doors) this.#atDoor.set(door, this.#at(door) - 1);
      this.#letIn();
    };
  }

  #turn(doors: readonly string[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting = { doors, enter };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#letIn();
    });
  }

  #letIn(): void {
    this.#waiting = this.#waiting.filter(({ doors, enter }) => {
      if (this.#inside >= this.#most || doors.some((door) => this.#at(door) >= MOST_AT_A_DOOR)) return true;
      this.#inside += 1;
      for (const door of doors) this.#atDoor.set(door, this.#at(door) + 1);
      enter();
      return false;
    });
  }

  #at(door: string): number {
    return this.#atDoor.get(door) ?? 0;
  }
}
