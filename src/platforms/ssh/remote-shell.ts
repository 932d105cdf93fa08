/**
 * What the rest of the platform needs of a host: a POSIX shell on it. Everything above this line writes
 * scripts and reads answers; what carries them (a connection, a local `sh` in a test) is below it.
 */

/** A POSIX shell on a host: runs scripts, one after the other; each costs one round trip. */
export interface RemoteShell {
  readonly host: string;
  /**
   * Runs a script of POSIX sh. `input` is what it reads on its standard input. How the script ended is a
   * value; that it could not be run, or that nobody knows how it ended, is thrown.
   * @throws OperationError when there is no connection, or it is lost before the script ended
   * @throws the signal's reason when that ends it; the script's processes are then killed on the host, except
   *   those of one that only looks and ends soon by itself
   */
  run(script: string, options: RunOptions): Promise<RemoteResult>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /**
   * It changes nothing and has no input: whoever no longer wants to know what it saw has no need to end it. Killing a
   * script takes its connection with it, and the next one has to log in.
   */
  readonly looks?: boolean;
  /** A piece is sent before the next one is asked for, and may be of the same memory. */
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>;
  /** How many bytes `input` has; needed where it is not one array. */
  readonly inputBytes?: number;
}

export interface RemoteResult {
  /** `null` when a signal ended the script. */
  readonly exitCode: number | null;
  /** Such as `SIGKILL`; a script that a signal ended has failed. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Shells by host; opens connections as they are needed. */
export interface RemoteShells {
  shell(host: string): RemoteShell;
  /**
   * Under which name or address other programs reach the host. No connection is opened.
   * @throws OperationError where nobody can tell
   */
  addressOf(host: string): Promise<string>;
  close(): Promise<void>;
}
