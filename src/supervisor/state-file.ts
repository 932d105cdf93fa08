/**
 * What should run, and what is known of what does: the supervisor's memory across its own death. Written
 * whole to a new file that then takes the name of the old one, so that a reader sees the one or the other.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SupervisorError } from '../errors.ts';
import type { RouterSnapshot } from '../routers/embedded/router-snapshot.ts';
import { exitSchema, processSpecSchema } from './protocol-schema.ts';
import { replaceFile } from './replace-file.ts';

const FORMAT = 1;
const FILE = 'supervisor-state.json';
const RETRY_MS = 5_000;

/** An instance as it is remembered. */
const processRecordSchema = z.strictObject({
  spec: processSpecSchema,
  port: z.number().int(),
  /** In the environment of the instance and of all that it starts: by it they are known as ours. */
  token: z.string(),
  pid: z.number().int().nullable(),
  /** Who had that pid, see `identifyProcess`. */
  identity: z.string().nullable(),
  startedAt: z.number().nullable(),
  restarts: z.number().int(),
  /** Ends in a row soon after the start. */
  failures: z.number().int(),
  stopping: z.boolean(),
  lastExit: exitSchema.nullable(),
});

const stateSchema = z.object({
  format: z.literal(FORMAT),
  processes: z.array(processRecordSchema),
  /** Looked at closely by the router itself. */
  router: z.custom<RouterSnapshot>((value) => typeof value === 'object' && value !== null),
});

export type ProcessRecord = z.infer<typeof processRecordSchema>;
export type SupervisorState = Omit<z.infer<typeof stateSchema>, 'format'>;

/**
 * Reads the state; `null` when there is none yet.
 * @throws SupervisorError when it cannot be understood
 */
export async function readState(stateDir: string): Promise<SupervisorState | null> {
  const file = join(stateDir, FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = stateSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SupervisorError(`${file} cannot be understood: ${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
    remedy:
      'Use the Sluice that wrote it; or move it away, and end by hand what it names: nothing else knows of that.',
  });
}

/** Writes one state after another; those asked for while one is being written become one. */
export class StateFile {
  readonly #folder: string;
  readonly #current: () => SupervisorState;
  readonly #report: (line: string) => void;
  #retry: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | null = null;

  /** `current` is asked for the state at the moment it is written. */
  constructor(stateDir: string, current: () => SupervisorState, report: (line: string) => void) {
    this.#folder = stateDir;
    this.#current = current;
    this.#report = report;
  }

  /** Resolves when the state as it is now, or a later one, is on the disk. */
  save(): Promise<void> {
    if (this.#waiting !== null) return this.#waiting;
    const write = this.#last.then(() => {
      this.#waiting = null;
      return this.#write();
    });
    this.#waiting = write;
    this.#last = write.catch(() => {});
    return write;
  }

  /** For what has happened already: where it cannot be saved now, it is tried again until it can. Never rejects. */
  async saveEventually(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      if (this.#retry !== null) return;
      this.#report(`what runs cannot be written down: ${messageOf(error)}`);
      this.#retry = setTimeout(() => {
        this.#retry = null;
        void this.saveEventually();
      }, RETRY_MS).unref();
    }
  }

  #write(): Promise<void> {
    const state = JSON.stringify({ format: FORMAT, ...this.#current() });
    return replaceFile(this.#folder, FILE, `${state}\n`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
