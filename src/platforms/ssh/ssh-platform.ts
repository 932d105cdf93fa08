/**
 * The ssh platform: a target is a host with sshd, a POSIX shell, and the usual tools; nothing of ours is
 * installed there. It owns what is below the root folder of each host. What carries scripts to hosts is a
 * `RemoteShells`; what they do there is in `scripts/`.
 *
 * Round trips: `stage` two (one where the release is there already, none where that was just seen), every other operation
 * one. `activate` looks at what it has started in the same one, for a look that may be a moment old.
 */
import type { OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import { OperationError } from '../../errors.ts';
import type { Instance, LookContext, Platform } from '../platform.ts';
import { fingerprintOf, secretsFrom } from '../process/secrets.ts';
import { SharedWork } from '../process/shared-work.ts';
import { type AnswerLine, answerOf, valuesOf } from './answer.ts';
import { differencesOf } from './audit.ts';
import { examineHost, type HostReport } from './examine-host.ts';
import { type FollowLogOptions, followLog } from './follow-log.ts';
import { instancesOf } from './instances.ts';
import { lookAtAll } from './look-at-all.ts';
import { ManifestStore } from './manifest-store.ts';
import { RecentLooks } from './recent-looks.ts';
import type { RemoteResult, RunOptions } from './remote-shell.ts';
import { auditLines } from './scripts/audit.ts';
import { commandFiles } from './scripts/commands.ts';
import { environmentFile, hidingLines } from './scripts/environment-file.ts';
import type { RunNeeds } from './scripts/examine.ts';
import { BEGINNING, execScript } from './scripts/exec.ts';
import type { HostLease } from './scripts/lease.ts';
import { logTailScript } from './scripts/logs.ts';
import {
  activateScript,
  inspectScript,
  leaveScript,
  pruneScript,
  type RunPlace,
  stopScript,
} from './scripts/run.ts';
import type { SshPlatformOptions } from './ssh-platform-options.ts';
import { type SshReleaseSpec, sshSpecOf } from './ssh-release.ts';
import { Transfer } from './transfer.ts';

const EVIDENCE_LINES = 15;
/** Which releases were seen to be there so many milliseconds ago is not asked again. */
const JUST_SEEN_MS = 3_000;
const DEFAULT_ROOT = 'apps';
const DEFAULT_LEASE_SECONDS = 600;
const LOG_TIMEOUT_MS = 30_000;

/** What a host has, and what of it is not as it was left there. */
export interface Audit {
  readonly target: string;
  readonly instances: readonly Instance[];
  /** A sentence each. */
  readonly differences: readonly string[];
}

export class SshPlatform implements Platform, AsyncDisposable {
  readonly name = 'ssh';
  readonly beside: boolean;
  readonly #options: SshPlatformOptions;
  readonly #transfer: Transfer;
  readonly #staging = new SharedWork();
  readonly #looks = new RecentLooks();

  constructor(options: SshPlatformOptions) {
    this.#options = options;
    this.beside = (options.ports ?? []).length > 1;
    this.#transfer = new Transfer(new ManifestStore(options.stateDir));
  }

  async stage(target: string, release: Release, context: OperationContext): Promise<void> {
    const spec = sshSpecOf(release);
    const seen = this.#looks.find(target, release.service, JUST_SEEN_MS);
    // Nothing is done there, so no lease is needed; whoever starts it is told if it has gone since.
    if (seen?.some(({ key, value }) => key === 'staged' && value === release.id) === true) return;
    const environment = async () => {
      const secrets = await this.#secretsFor(release, spec);
      const all = { ...spec.env, ...secrets, SLUICE_VERSION: release.version };
      return environmentFile(all) + hidingLines(secrets);
    };
    const place = this.#place(release.service);
    const { run, stopTimeoutMs } = spec;
    const slots = Math.max(1, place.ports.length);
    const meta = {
      kind: `${run.kind}\n`,
      ...commandFiles({ place, release: release.id, run, slots, stopTimeoutMs }),
    };
    const lease = this.#lease(context);
    await this.#staging.join(`${target}\0${release.service}\0${release.id}`, context.signal, (signal) =>
      this.#changing(target, () =>
        this.#transfer.stage(this.#shell(target), { place, release, lease, meta, environment }, signal),
      ),
    );
  }

  async activate(target: string, release: Release, context: OperationContext): Promise<void> {
    sshSpecOf(release);
    const { service, id } = release;
    const script = activateScript(this.#place(service), id, this.#lease(context), EVIDENCE_LINES);
    const lines = await this.#changing(target, () =>
      this.#ask(target, `start ${id}`, script, { signal: context.signal }),
    );
    this.#looks.keep(target, service, lines);
  }

  async stop(target: string, release: Release, context: OperationContext): Promise<void> {
    const script = stopScript(this.#place(release.service), release.id, this.#lease(context));
    await this.#changing(target, () =>
      this.#ask(target, `stop ${release.id}`, script, { signal: context.signal }),
    );
  }

  async prune(
    target: string,
    service: string,
    keep: readonly string[],
    context: OperationContext,
  ): Promise<void> {
    const seen = this.#looks.find(target, service, JUST_SEEN_MS);
    const there = seen === null ? null : valuesOf(seen, 'staged');
    if (there?.every((id) => keep.includes(id)) === true) return;
    const script = pruneScript(this.#place(service), keep, this.#lease(context));
    const doing = `delete old releases of ${service}`;
    await this.#changing(target, () => this.#ask(target, doing, script, { signal: context.signal }));
  }

  async inspect(service: string, targets: readonly string[], context: LookContext): Promise<Instance[]> {
    return await this.#lookAt(service, targets, context, '', async (_target, instances) => instances);
  }

  /**
   * What is on these targets now, and what of it is not as it was left there; one round trip a host.
   * @param byContent reads every file of every release that runs; else those that were written since are found
   * @throws UnreachableError as `inspect` does
   */
  async audit(
    service: string,
    targets: readonly string[],
    byContent: boolean,
    context: OperationContext,
  ): Promise<Audit[]> {
    return await this.#lookAt(
      service,
      targets,
      context,
      auditLines(byContent),
      async (target, instances, lines) => {
        const running = [...new Set(instances.map(({ release }) => release))];
        const differences = await differencesOf(target, running, lines, (digest, release) => {
          const place = this.#place(service);
          return this.#transfer.manifest(this.#shell(target), place, { id: release, digest }, context.signal);
        });
        return [{ target, instances, differences }];
      },
    );
  }

  async #lookAt<Seen>(
    service: string,
    targets: readonly string[],
    { signal: whole, atMostMsOld = 0 }: LookContext,
    more: string,
    see: (target: string, instances: Instance[], lines: readonly AnswerLine[]) => Promise<readonly Seen[]>,
  ): Promise<Seen[]> {
    const place = this.#place(service);
    const script = inspectScript(place, EVIDENCE_LINES, more);
    return await lookAtAll(targets, whole, this.#options.lookTimeoutMs, async (target, signal) => {
      const recent = more === '' ? this.#looks.find(target, service, atMostMsOld) : null;
      const lines =
        recent ?? (await this.#ask(target, `look at ${service}`, script, { signal, looks: true }));
      if (recent === null) this.#looks.keep(target, service, lines);
      const address = await this.#options.shells.addressOf(this.#hostOf(target));
      return await see(target, instancesOf(target, address, lines), lines);
    });
  }

  /** Everything that deploying the service there needs. @param run what is to keep it running */
  async examine(
    target: string,
    service: string,
    run: RunNeeds,
    context: OperationContext,
  ): Promise<HostReport> {
    const { ports, ...place } = this.#place(service);
    const authority = this.#options.holder?.authority ?? null;
    context.signal.throwIfAborted();
    return await examineHost(this.#shell(target), { place, ports, run, authority }, context.signal);
  }

  /**
   * Runs a command beside the release that was activated last: in its folder, with its environment.
   * @param user as whom, where that is not whoever logs in
   */
  async exec(
    target: string,
    service: string,
    argv: readonly string[],
    user: string | null,
    context: OperationContext,
  ): Promise<RemoteResult> {
    const script = execScript(this.#place(service), argv, user);
    context.signal.throwIfAborted();
    const shell = this.#shell(target);
    const result = await shell.run(script, { signal: context.signal });
    if (!result.stdout.startsWith(BEGINNING)) answerOf(shell.host, 'run a command', result);
    return { ...result, stdout: result.stdout.slice(BEGINNING.length) };
  }

  async logTail(target: string, release: Release, lines: number): Promise<string[]> {
    const script = logTailScript(this.#place(release.service), release.id, lines);
    const signal = AbortSignal.timeout(LOG_TIMEOUT_MS);
    return valuesOf(await this.#ask(target, 'read the log', script, { signal, looks: true }), 'log');
  }

  /** The lines of a log as they are written, until the signal; `lines` of the past come first. */
  followLog(target: string, release: Release, options: FollowLogOptions): AsyncGenerator<string, void, void> {
    const place = this.#place(release.service);
    const ask = (script: string, signal: AbortSignal) =>
      this.#ask(target, 'read the log', script, { signal });
    return followLog(ask, place, release.id, options);
  }

  /** Lets the leases of these hosts expire now: whoever comes next does not have to wait. */
  async leave(service: string, targets: readonly string[], context: OperationContext): Promise<void> {
    const lease = this.#lease(context);
    if (lease === null) return;
    const script = leaveScript(this.#place(service), lease);
    await Promise.all(
      targets.map((target) => this.#ask(target, 'end the lease', script, { signal: context.signal })),
    );
  }

  /** Deletes what was packed. The shells are whoever's gave them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transfer.close();
  }

  /** What was seen before is not so any more, also while it is done. */
  async #changing<T>(target: string, change: () => Promise<T>): Promise<T> {
    this.#looks.forget(target);
    try {
      return await change();
    } finally {
      this.#looks.forget(target);
    }
  }

  async #ask(target: string, doing: string, script: string, options: RunOptions): Promise<AnswerLine[]> {
    options.signal.throwIfAborted();
    const shell = this.#shell(target);
    return answerOf(shell.host, doing, await shell.run(script, options));
  }

  #shell(target: string) {
    return this.#options.shells.shell(this.#hostOf(target));
  }

  #hostOf(target: string): string {
    return this.#options.hostOf?.(target) ?? target;
  }

  #place(service: string): RunPlace {
    const { root = DEFAULT_ROOT, ports = [] } = this.#options;
    return { root, service, ports };
  }

  #lease({ lease }: OperationContext): HostLease | null {
    const { holder } = this.#options;
    if (lease === undefined || holder === undefined) return null;
    const { authority, who, doing, seconds = DEFAULT_LEASE_SECONDS } = holder;
    return { authority, who, doing, seconds, epoch: lease.epoch, since: Math.floor(lease.since) };
  }

  /** The values of the release's secrets, which must be those that it was planned with. */
  async #secretsFor(release: Release, spec: SshReleaseSpec): Promise<Record<string, string>> {
    const secrets = secretsFrom(spec.secrets, this.#options.environment ?? process.env);
    if (secrets === null) return {};
    if ((await fingerprintOf(secrets, this.#options.stateDir)) === spec.secretsFingerprint) return secrets;
    throw new OperationError(
      `the secrets of ${release.service} ${release.version} (${spec.secrets.join(', ')}) are not those of the plan`,
      { retryable: false, remedy: 'Plan again in the environment that has them.' },
    );
  }
}
