/** How a command ends, for scripts. Stable: a number never changes its meaning. Documented in docs/cli.md. */
export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** Something unexpected: a fault of ours, of the disk, of the network. */
  unexpected: 1,
  /** The command, the config or the input cannot be used; nothing was changed. */
  usage: 2,
  /** The deployment failed and everything is back as it was. */
  rolledBack: 3,
  /** The deployment failed and is not rolled back: a person is needed. */
  failed: 4,
  /** The deployment was aborted and everything is back as it was. */
  aborted: 5,
  /** Another controller acts on the service, or a deployment is in the way. */
  busy: 6,
  /** The plan is stale or was edited; nothing was changed. */
  stale: 7,
  /** The deployment goes on or waits, without this command. */
  left: 8,
  /** What was looked at is not well: `status` and `doctor`. */
  unhealthy: 9,
  /** `diff --exit-code`: the two differ. */
  different: 10,
  /** `exec`: somewhere the command failed, or could not be run. */
  commandFailed: 11,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
