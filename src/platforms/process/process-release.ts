/** A release of the process platform: a folder and a command. */
import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { assertName, assertVersion } from '../../domain/names.ts';
import { type Release, releaseId } from '../../domain/release.ts';
import { InvalidInputError, OperationError } from '../../errors.ts';
import { digestFolder } from './folder-scan.ts';
import { type Environment, fingerprintOf, secretsFrom } from './secrets.ts';

const DEFAULT_STOP_TIMEOUT_MS = 10_000;

const text = z.string().refine((value) => !value.includes('\0'), 'holds a NUL byte');
const variable = z.string().superRefine((name, context) => refuseVariable(name, [], context));
const environment = z.record(z.string(), text).superRefine((variables, context) => {
  for (const name of Object.keys(variables)) refuseVariable(name, [name], context);
});
const ignored = text.min(1).refine((path) => !path.split('/').includes('..'), 'holds ".."');

/** What the platform needs to run a release: `Release.spec`. */
const processSpecSchema = z.strictObject({
  /** Where it is copied from: absolute. Only used by `stage`. */
  folder: text.refine((path) => isAbsolute(path), 'is not an absolute path'),
  /** `digestFolder` of the folder when the release was made. */
  content: z.string().regex(/^[0-9a-f]{64}$/),
  /** Program and arguments; or one line: plain words are run as they are, all else by `/bin/sh -c`. */
  command: z.union([text.trim().min(1, 'is empty'), z.array(text).min(1, 'is empty').readonly()]),
  env: environment,
  /** Names of variables whose values are taken from the environment of whoever deploys. */
  secrets: z.array(variable).readonly(),
  /** Fingerprint of their values; `null` where there are none. */
  secretsFingerprint: z.string().nullable(),
  /** Names and paths in the folder that are left out, see `digestFolder`. */
  ignore: z.array(ignored).readonly(),
  /** Between SIGTERM and SIGKILL. */
  stopTimeoutMs: z.number().int().min(0).max(3_600_000),
});

export type ProcessReleaseSpec = z.infer<typeof processSpecSchema>;

export interface ProcessReleaseOptions {
  readonly service: string;
  readonly version: string;
  /** Relative to the working folder, or absolute. */
  readonly folder: string;
  readonly command: string | readonly string[];
  /** Added to what every instance gets: `PATH`, `HOME` and their like, `PORT` and `SLUICE_*`. Default none. */
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
export async function makeProcessRelease(options: ProcessReleaseOptions): Promise<Release> {
  const { service, version, signal } = options;
  assertName('service', service);
  assertVersion(version);
  const secrets = secretsFrom(options.secrets ?? [], options.environment ?? process.env);
  const folder = resolve(options.folder);
  const given = {
    folder,
    content: '0'.repeat(64),
    command: options.command,
    env: { ...options.env },
    secrets: [...(options.secrets ?? [])].toSorted(),
    secretsFingerprint: null,
    ignore: [...(options.ignore ?? [])],
    stopTimeoutMs: options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS,
  };
  const checked = processSpecSchema.safeParse(given);
  if (!checked.success) {
    throw new InvalidInputError(
      `${service} ${version} cannot be a release: ${z.prettifyError(checked.error)}`,
      { remedy: 'Correct the service in the config.' },
    );
  }
  const spec: ProcessReleaseSpec = {
    ...checked.data,
    content: await digestFolder(folder, given.ignore, signal),
    secretsFingerprint: secrets === null ? null : await fingerprintOf(secrets, options.stateDir),
  };
  const digest = digestOf(spec);
  return { id: releaseId(version, digest), service, version, digest, spec: { ...spec } };
}

/**
 * The spec of a release that this platform made.
 * @throws OperationError when it is of another platform
 */
export function processSpecOf(release: Release): ProcessReleaseSpec {
  const parsed = processSpecSchema.safeParse(release.spec);
  if (parsed.success) return parsed.data;
  throw new OperationError(`${release.id} is not a release of the process platform`, {
    cause: parsed.error,
    retryable: false,
    remedy: 'Make it with `makeProcessRelease`.',
  });
}

function refuseVariable(name: string, path: string[], context: z.RefinementCtx): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', path, message });
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse('is not a name of an environment variable');
  else if (name === 'PORT' || name.startsWith('SLUICE_')) refuse('is given by Sluice');
}

/** Not of where the folder is: the same content from elsewhere is the same release. */
function digestOf({
  content,
  command,
  env,
  secrets,
  secretsFingerprint,
  stopTimeoutMs,
}: ProcessReleaseSpec): string {
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = { content, command, env: variables, secrets, secretsFingerprint, stopTimeoutMs };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
