/**
 * The process platform: a release is a folder and a command, a target is a slot for one process of this
 * machine. It owns the copies of the releases; the processes are the supervisor's, so that they outlive the
 * controller.
 */
import type { OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import type { Hide } from '../../domain/secret-text.ts';
import { type Evidence, OperationError } from '../../errors.ts';
import type { SupervisorClient } from '../../supervisor/client.ts';
import type { InstanceKey, ProcessExit, ProcessStatus } from '../../supervisor/protocol.ts';
import { hidingSecretsIn } from '../../supervisor/secrets-file.ts';
import type { Instance, Platform } from '../platform.ts';
import type { ProcessReleaseSpec } from './process-release.ts';
import type { ReleaseStore } from './release-store.ts';
import { type Environment, fingerprintOf, secretsFile, secretsFrom } from './secrets.ts';

const LOCALHOST = '127.0.0.1';
/** What every instance gets of the environment of whoever starts it; all else is named in the config. */
const BASE_VARIABLES = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
];

export interface ProcessPlatformOptions {
  /** The folder with all state, `.sluice`, is its `stateDir`. */
  readonly supervisor: SupervisorClient;
  /** Where `PATH` and its like, and the values of secrets, are taken from. Default `process.env`. */
  readonly environment?: Environment;
}

/** What a log is found by. */
type NamedRelease = Pick<Release, 'service' | 'id'>;

export class ProcessPlatform implements Platform {
  readonly name = 'process';
  readonly beside = true;
  readonly #supervisor: SupervisorClient;
  readonly #environment: Environment;
  #store: Promise<ReleaseStore> | null = null;

  constructor(options: ProcessPlatformOptions) {
    this.#supervisor = options.supervisor;
    this.#environment = options.environment ?? process.env;
  }

  async stage(target: string, release: Release, context: OperationContext): Promise<void> {
    const spec = await specOf(release);
    await this.#supervisor.prepare();
    const { folder, ignore, content } = spec;
    const secrets = () => this.#secretsFor(release, spec);
    const order = { service: release.service, release: release.id, target, folder, ignore, content, secrets };
    const store = await this.#openStore();
    await store.stage(order, context.signal);
  }

  async activate(target: string, release: Release, context: OperationContext): Promise<void> {
    const { service, version, id } = release;
    const { command, env, secrets, stopTimeoutMs } = await specOf(release);
    const store = await this.#openStore();
    const base = BASE_VARIABLES.map((name) => [name, this.#environment[name]] as const);
    const known = base.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
    const spec = {
      service,
      target,
      release: id,
      version,
      folder: store.folderOf(service, id),
      command,
      env: { ...Object.fromEntries(known), ...env },
      secretsFile: secrets.length === 0 ? null : secretsFile(this.#supervisor.stateDir, service, id),
      stopTimeoutMs,
    };
    await this.#supervisor.call('start', spec, context);
  }

  async stop(target: string, release: Release, context: OperationContext): Promise<void> {
    if (!(await this.#supervisor.needed())) return;
    await this.#supervisor.call('stop', keyOf(target, release), context);
  }

  async prune(
    target: string,
    service: string,
    keep: readonly string[],
    context: OperationContext,
  ): Promise<void> {
    const statuses = await this.#statuses(service, context);
    const running = new Set(statuses.map((status) => status.release));
    const here = statuses.filter((status) => status.target === target).map((status) => status.release);
    const store = await this.#openStore();
    const wanted = new Set([...keep, ...here]);
    // First: the secrets are deleted with the release, and would then be left in the log that is kept.
    await this.#supervisor.pruneLogs(service, target, wanted, (id) => this.#hidden({ service, id }));
    await store.prune(service, target, wanted, running);
  }

  async inspect(service: string, targets: readonly string[], context: OperationContext): Promise<Instance[]> {
    const asked = new Set(targets);
    const statuses = await this.#statuses(service, context);
    return statuses.filter(({ target }) => asked.has(target)).map(instanceFrom);
  }

  /** Every instance of the service, on whatever target: also on those that are no longer wanted. */
  async instancesOf(service: string, context: OperationContext): Promise<Instance[]> {
    return (await this.#statuses(service, context)).map(instanceFrom);
  }

  /** Without the values of the release's secrets. */
  async logTail(target: string, release: NamedRelease, lines: number): Promise<string[]> {
    return await this.#supervisor.logTail(keyOf(target, release), lines, await this.#hidden(release));
  }

  /** The file that the instance's output goes to; rotated to `.1`, `.2` and so on beside it. */
  logPath(target: string, release: NamedRelease): string {
    return this.#supervisor.logPath(keyOf(target, release));
  }

  /**
   * The lines of the instance's log as they are written, without the values of its secrets, until the signal;
   * `lines` of the past come first.
   */
  async *followLog(
    target: string,
    release: NamedRelease,
    options: { readonly signal: AbortSignal; readonly lines?: number },
  ): AsyncGenerator<string, void, void> {
    const hide = await this.#hidden(release);
    yield* this.#supervisor.followLog(keyOf(target, release), { ...options, hide });
  }

  /**
   * The files of the release's copy that are gone or were changed since it was made, by path: by size and
   * time or, when `thorough`, by content.
   */
  async verify(
    release: Release,
    options: { readonly thorough: boolean; readonly signal?: AbortSignal },
  ): Promise<string[]> {
    const store = await this.#openStore();
    return store.verify(release.service, release.id, options);
  }

  /** The files of the release's copy: something that tells contents apart, by path; `null` where there is none. */
  async contentsOf({ service, id }: Release): Promise<Map<string, string> | null> {
    return (await this.#openStore()).contentsOf(service, id);
  }

  #hidden({ service, id }: NamedRelease): Promise<Hide> {
    return hidingSecretsIn(secretsFile(this.#supervisor.stateDir, service, id));
  }

  /** Loaded when it is needed: commands that only look do without it. */
  #openStore(): Promise<ReleaseStore> {
    const { stateDir } = this.#supervisor;
    this.#store ??= import('./release-store.ts').then(({ ReleaseStore }) => new ReleaseStore(stateDir));
    return this.#store;
  }

  /** The values of the release's secrets, which must be those that it was planned with. */
  async #secretsFor(release: Release, spec: ProcessReleaseSpec): Promise<Record<string, string> | null> {
    const secrets = secretsFrom(spec.secrets, this.#environment);
    if (secrets === null) return null;
    if ((await fingerprintOf(secrets, this.#supervisor.stateDir)) === spec.secretsFingerprint) return secrets;
    throw new OperationError(
      `the secrets of ${release.service} ${release.version} (${spec.secrets.join(', ')}) are not those of the plan`,
      { retryable: false, remedy: 'Plan again in the environment that has them.' },
    );
  }

  async #statuses(service: string, context: OperationContext): Promise<ProcessStatus[]> {
    if (!(await this.#supervisor.needed())) return [];
    return await this.#supervisor.call('inspect', { service }, context);
  }
}

/** Loaded when it is needed, as the store is. */
async function specOf(release: Release): Promise<ProcessReleaseSpec> {
  const { processSpecOf } = await import('./process-release.ts');
  return processSpecOf(release);
}

function keyOf(target: string, release: NamedRelease): InstanceKey {
  return { service: release.service, target, release: release.id };
}

function instanceFrom(status: ProcessStatus): Instance {
  const { target, release, state, port, pid, startedAt, restarts, lastExit } = status;
  return {
    target,
    release,
    state,
    address: { host: LOCALHOST, port },
    restarts,
    ...(pid === null ? {} : { pid }),
    ...(startedAt === null ? {} : { startedAt }),
    ...(lastExit === null ? {} : { evidence: evidenceFrom(lastExit) }),
  };
}

function evidenceFrom({ exitCode, signal, log }: ProcessExit): Evidence {
  return {
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
    log,
  };
}
