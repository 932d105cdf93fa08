import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { type CheckOptions, scheduleOf } from './check-options.ts';
import { type FreeLimits, judgeFree, requireLimits } from './free-share.ts';
import type { HealthCheck } from './health-check.ts';

export interface MemoryCheckOptions extends CheckOptions, FreeLimits {}

/**
 * Looks how much memory of this machine programs could still get: on Linux what the kernel calls available
 * (caches can be given up), elsewhere what is free. It must reach `minFree…`, and is degraded below
 * `degradedBelow…`.
 * @throws InvalidInputError naming the option that cannot be
 */
export function memoryCheck(options: MemoryCheckOptions): HealthCheck {
  const schedule = scheduleOf(options, { name: 'memory', scope: 'service' });
  requireLimits(schedule.name, options);
  return {
    ...schedule,
    async run() {
      const available =
        process.platform === 'linux' ? memAvailable(await readFile('/proc/meminfo', 'utf8')) : null;
      return judgeFree(available ?? freemem(), totalmem(), options);
    },
  };
}

/** `MemAvailable` of /proc/meminfo in bytes; `null` where the kernel does not tell it. */
export function memAvailable(meminfo: string): number | null {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
