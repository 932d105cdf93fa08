/** A release of the ssh platform: a folder, what it shares with other releases, and how it is started and stopped. */
import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { assertName, assertVersion } from '../../domain/names.ts';
import { type Release, releaseId } from '../../domain/release.ts';
import { InvalidInputError, OperationError } from '../../errors.ts';
import { scanFolder } from '../process/folder-scan.ts';
import { type Environment, fingerprintOf, secretsFrom } from '../process/secrets.ts';
import { rememberFolder } from './manifest-store.ts';
import { manifestOf } from './release-manifest.ts';
import { isGivable } from './scripts/quote.ts';
import { assertUnitCanRun } from './scripts/unit-words.ts';

const DEFAULT_STOP_TIMEOUT_MS = 10_000;

const text = z.string().refine(isGivable, 'holds a NUL byte, or half of a character');
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a name of an environment variable')
  .refine((name) => name !== 'PORT' && !name.startsWith('SLUICE_'), 'is given by Sluice');
const argv = z.array(text).min(1, 'is empty').readonly();
const pathInside = text.refine(
  (path) => path !== '' && path.replace(/\/+$/, '').split('/').every(isOrdinary),
  'is not a path inside of the release',
);

const run = z.discriminatedUnion('kind', [
  /** The user's own commands, each a program and its arguments, in the folder of the release. */
  z.strictObject({
    kind: z.literal('commands'),
    /** Starts the service and ends, with 0; what goes on in the background is the service. */
    start: argv,
    stop: argv,
    /** Ends with 0 when the service runs. */
    status: argv,
    /** Where there is one slot: makes this release run in the place of the one before. Default: stop, start. */
    restart: argv.optional(),
  }),
  /** A unit of systemd, made for the release. */
  z.strictObject({
    kind: z.literal('systemd'),
    /** The program, in the folder of the release unless absolute, and its arguments. */
    command: argv,
    /** Of the machine, or of the user that logs in. */
    scope: z.enum(['system', 'user']),
    /** Of the machine: which user it runs as. Default: the manager's. */
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]*$/)
      .optional(),
  }),
]);

/** What the platform needs to run a release: `Release.spec`. */
const sshSpecSchema = z.strictObject({
  /** Where it is sent from: absolute. Only used by `stage`. */
  folder: text.refine((path) => isAbsolute(path), 'is not an absolute path'),
  /** `digestFolder` of the folder when the release was made. */
  content: z.string().regex(/^[0-9a-f]{64}$/),
  /** Names and paths in the folder that are left out, see `digestFolder`. */
  ignore: z.array(text).readonly(),
  /** What outlives releases: folders, which end with a slash, and files. */
  shared: z.array(pathInside).readonly(),
  run,
  env: z.record(variable, text),
  /** Names of variables whose values are taken from the environment of whoever deploys. */
  secrets: z.array(variable).readonly(),
  /** Fingerprint of their values; `null` where there are none. */
  secretsFingerprint: z.string().nullable(),
  /** Of units: between SIGTERM and SIGKILL. Of commands: how long after `stop` the service may still run. */
  stopTimeoutMs: z.number().int().min(0).max(3_600_000),
});

export type SshReleaseSpec = z.infer<typeof sshSpecSchema>;
export type SshRun = SshReleaseSpec['run'];

export interface SshReleaseOptions {
  readonly service: string;
  readonly version: string;
  /** Relative to the working folder, or absolute. */
  readonly folder: string;
  readonly run: SshRun;
  /** Default none. */
  readonly shared?: readonly string[];
  /** Added to what a login has, `PORT` and `SLUICE_*`. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables to take from `environment`. Default none. */
  readonly secrets?: readonly string[];
  /** Names and paths in the folder to leave out, beside `.git` and `.sluice`. Default none. */
  readonly ignore?: readonly string[];
  /** Default 10000. */
  readonly stopTimeoutMs?: number;
  /** The folder with all state, `.sluice`: it has the key by which secrets are fingerprinted. */
  readonly stateDir: string;
  /** Where secrets are taken from. Default `process.env`. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
}

/**
 * The release that the folder is now. Reads all of it: its digest is part of the release's.
 * @throws InvalidInputError when something of it cannot be used, or a secret is not set
 * @throws OperationError when the folder cannot be read, or holds what cannot be part of a release
 */
export async function makeSshRelease(options: SshReleaseOptions): Promise<Release> {
  const { service, version, signal } = options;
  assertName('service', service);
  assertVersion(version);
  const secrets = secretsFrom(options.secrets ?? [], options.environment ?? process.env);
  const folder = resolve(options.folder);
  const given = {
    folder,
    content: '0'.repeat(64),
    ignore: [...(options.ignore ?? [])],
    shared: [...(options.shared ?? [])],
    run: options.run,
    env: { ...options.env },
    secrets: [...(options.secrets ?? [])].toSorted(),
    secretsFingerprint: null,
    stopTimeoutMs: options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS,
  };
  const checked = sshSpecSchema.safeParse(given);
  if (!checked.success) {
    throw new InvalidInputError(
      `${service} ${version} cannot be a release: ${z.prettifyError(checked.error)}`,
      {
        remedy: 'Correct the service in the config.',
      },
    );
  }
  if (options.run.kind === 'systemd') assertUnitCanRun(options.run.command, { ...options.env, ...secrets });
  const { digest: content, entries } = await scanFolder(folder, given.ignore, signal);
  rememberFolder(content, manifestOf(entries));
  const spec: SshReleaseSpec = {
    ...checked.data,
    content,
    secretsFingerprint: secrets === null ? null : await fingerprintOf(secrets, options.stateDir),
  };
  const digest = digestOf(spec);
  const json = JSON.parse(JSON.stringify(spec)) as Release['spec'];
  return { id: releaseId(version, digest), service, version, digest, spec: json };
}

/**
 * The spec of a release that this platform made.
 * @throws OperationError when it is of another platform
 */
export function sshSpecOf(release: Release): SshReleaseSpec {
  const parsed = sshSpecSchema.safeParse(release.spec);
  if (parsed.success) return parsed.data;
  throw new OperationError(`${release.id} is not a release of the ssh platform`, {
    cause: parsed.error,
    retryable: false,
    remedy: 'Make it with `makeSshRelease`.',
  });
}

/** As whom the service runs, where that is not whoever logs in. */
export function userOf({ run }: SshReleaseSpec): string | null {
  return run.kind === 'systemd' ? (run.user ?? null) : null;
}

function isOrdinary(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..';
}

/** Not of where the folder is: the same content from elsewhere is the same release. */
function digestOf({ folder: _folder, ignore: _ignore, env, ...rest }: SshReleaseSpec): string {
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, env: variables }))
    .digest('hex');
}
