/** Who may what: four roles, each for some environments or all of them. */

export const ROLES = ['viewer', 'deployer', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/**
 * `read`: look at everything but tokens. `deploy`: plan, deploy, roll back, reconcile, stop, and the signals of who deploys
 * (pause, resume, promote a bake, retry, abort). `approve`: answer gates (approve, reject) and abort.
 * `administer`: tokens and the record of what was done. `trigger`: the one endpoint for CI.
 */
export const PERMISSIONS = ['read', 'deploy', 'approve', 'abort', 'administer', 'trigger'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const MAY: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read'],
  deployer: ['read', 'deploy', 'abort', 'trigger'],
  approver: ['read', 'approve', 'abort'],
  admin: ['read', 'deploy', 'approve', 'abort', 'administer', 'trigger'],
};

/** A role in an environment; `*` is all of them. */
export interface Grant {
  readonly environment: string;
  readonly role: Role;
}

/** Who asks: the one a token was made for. */
export interface Identity {
  /** `ann`; what the journal and the record name. */
  readonly name: string;
  /** Id of the token. */
  readonly token: string;
  readonly grants: readonly Grant[];
  /** Of a token for CI: the one service it may deploy, where its grants allow it; then it may nothing else. */
  readonly trigger?: { readonly service: string };
}
