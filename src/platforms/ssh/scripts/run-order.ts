import type { SshRun } from '../ssh-release.ts';
import type { Place } from './prelude.ts';

/** What is known of how a release is to be run on a host. */
export interface RunOrder {
  readonly place: Place;
  readonly release: string;
  readonly run: SshRun;
  readonly slots: number;
  readonly stopTimeoutMs: number;
}
