import { statfs } from 'node:fs/promises';
import { type CheckOptions, requireOption, scheduleOf } from './check-options.ts';
import { type FreeLimits, judgeFree, requireLimits } from './free-share.ts';
import type { HealthCheck } from './health-check.ts';

export interface DiskCheckOptions extends CheckOptions, FreeLimits {
  /** A file or folder on the filesystem that is asked about. */
  readonly path: string;
}

/**
 * Looks how much of a filesystem of this machine is free for ordinary users, as `df` counts it. Free space in
 * bytes, in percent or both must reach `minFree…`, and is degraded below `degradedBelow…`.
 * @throws InvalidInputError naming the option that cannot be
 */
export function diskCheck(options: DiskCheckOptions): HealthCheck {
  const { path } = options;
  const schedule = scheduleOf(options, { name: `disk ${path}`, scope: 'service' });
  requireOption(
    schedule.name,
    'path',
    path,
    path !== '' && !path.includes('\0'),
    'the path of a file or folder',
  );
  requireLimits(schedule.name, options);
  return {
    ...schedule,
    async run() {
      const { bsize, blocks, bfree, bavail } = await statfs(path);
      // What only the superuser may use counts neither as free nor as part of the whole.
      const usableBlocks = blocks - bfree + bavail;
      return judgeFree(bavail * bsize, usableBlocks * bsize, options);
    },
  };
}
