import type { Environment } from '../process/secrets.ts';
import type { RemoteShells } from './remote-shell.ts';

export interface SshPlatformOptions {
  readonly shells: RemoteShells;
  /** The folder with all state, `.sluice`: the key of the secrets, and manifests, are kept there. */
  readonly stateDir: string;
  /** On each host: absolute, or from the folder that a login begins in. Default `apps`. */
  readonly root?: string;
  /** That a service listens on, on each host. With two, two releases run side by side. Default none. */
  readonly ports?: readonly number[];
  /** The host of a target. Default: the target's id is the host. */
  readonly hostOf?: (target: string) => string;
  /** Where the values of secrets are taken from. Default `process.env`. */
  readonly environment?: Environment;
  /** A host that does not tell what runs within this time cannot be looked at. Default 20000. */
  readonly lookTimeoutMs?: number;
  /** Under whose name hosts are leased. Default: they are not. */
  readonly holder?: LeaseHolder;
}

export interface LeaseHolder {
  /** Whose order of leases counts, such as the id of a journal: letters, digits and dashes. */
  readonly authority: string;
  /** Who deploys and what, in words for people. */
  readonly who: string;
  readonly doing: string;
  /** How long a host stays leased after each operation. Default 600. */
  readonly seconds?: number;
}
