import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diskCheck } from '../../src/health/disk-check.ts';
import { judgeFree } from '../../src/health/free-share.ts';
import { memAvailable, memoryCheck } from '../../src/health/memory-check.ts';
import { runCheck } from '../../src/health/run-check.ts';

const GIB = 1024 ** 3;

describe('free space', () => {
  test.each([
    [12.5 * GIB, 50 * GIB, { minFreePercent: 10 }, 'healthy', '12.5 GiB free (25.0 %)'],
    [5 * GIB, 50 * GIB, { minFreePercent: 10 }, 'healthy', '5.0 GiB free (10.0 %)'],
    [4.99 * GIB, 50 * GIB, { minFreePercent: 10 }, 'unhealthy', '4.9 GiB free (9.9 %), less than 10 %'],
    [5 * GIB, 50 * GIB, { minFreeBytes: 6 * GIB }, 'unhealthy', '5.0 GiB free (10.0 %), less than 6.0 GiB'],
    [
      5 * GIB,
      50 * GIB,
      { minFreePercent: 5, degradedBelowPercent: 20 },
      'degraded',
      '5.0 GiB free (10.0 %), less than 20 %',
    ],
    [
      5 * GIB,
      50 * GIB,
      { degradedBelowBytes: 6 * GIB },
      'degraded',
      '5.0 GiB free (10.0 %), less than 6.0 GiB',
    ],
    [
      5 * GIB,
      50 * GIB,
      { minFreeBytes: GIB, minFreePercent: 20 },
      'unhealthy',
      '5.0 GiB free (10.0 %), less than 20 %',
    ],
    [0, 2048, { minFreePercent: 0 }, 'healthy', '0.0 KiB free (0.0 %)'],
    [3 * 1024 ** 2, 4 * 1024 ** 2, { minFreeBytes: 0 }, 'healthy', '3.0 MiB free (75.0 %)'],
    [0, 0, { minFreePercent: 5 }, 'unknown', 'its size is 0'],
  ] as const)('%d of %d bytes, %j: %s', (free, total, limits, status, message) => {
    expect(judgeFree(free, total, limits)).toEqual({ status, message });
  });

  test('more of it is never worse', () => {
    const order = ['unhealthy', 'degraded', 'healthy'];
    const percent = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.nat(1_000),
        percent,
        percent,
        (some, more, minFreePercent, degradedBelowPercent) => {
          const limits = { minFreePercent, degradedBelowPercent };
          const total = some + more + 1;
          const before = order.indexOf(judgeFree(some, total, limits).status);
          expect(order.indexOf(judgeFree(some + more, total, limits).status)).toBeGreaterThanOrEqual(before);
        },
      ),
    );
  });
});

describe('on this machine', () => {
  test('a disk has some space, but not all of it', async () => {
    const some = await runCheck(diskCheck({ path: process.cwd(), minFreeBytes: 1 }));
    expect(some.status).toBe('healthy');
    expect(some.message).toMatch(/^\d+\.\d [KMG]iB free \(\d+\.\d %\)$/);
    const all = await runCheck(diskCheck({ path: process.cwd(), minFreePercent: 100, critical: false }));
    expect(all).toMatchObject({ status: 'unhealthy', critical: false });
    expect(all.message).toMatch(/, less than 100 %$/);
  });

  test('a folder that is not there is unhealthy', async () => {
    const report = await runCheck(diskCheck({ path: '/does/not/exist', minFreePercent: 5 }));
    expect(report).toMatchObject({ status: 'unhealthy', message: 'cannot find /does/not/exist' });
  });

  test('some memory is available, but not all of it', async () => {
    expect((await runCheck(memoryCheck({ minFreeBytes: 1 }))).status).toBe('healthy');
    expect((await runCheck(memoryCheck({ minFreeBytes: totalmem() }))).status).toBe('unhealthy');
    expect((await runCheck(memoryCheck({ degradedBelowBytes: totalmem() }))).status).toBe('degraded');
  });
});

test('MemAvailable is read in bytes, where the kernel tells it', async () => {
  expect(memAvailable('MemTotal:  16 kB\nMemFree:  2 kB\nMemAvailable:    8 kB\n')).toBe(8_192);
  expect(memAvailable('MemTotal:  16 kB\nMemFree:  2 kB\n')).toBeNull();
  if (process.platform !== 'linux') return;
  const available = memAvailable(await readFile('/proc/meminfo', 'utf8'));
  expect(available).toBeGreaterThan(0);
  expect(available).toBeLessThan(totalmem());
});
