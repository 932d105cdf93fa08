import { defineConfig } from 'vitest/config';

/**
 * Three projects: `unit` is fast and runs at each save; `system` and `alone` start real processes, sockets and
 * browsers and run from the built package (`npm run build` first). Of `system` two files run at a time, since they
 * wait more than they compute; of `alone` one, once those are done.
 */

/** Each keeps both cores of a small machine busy, bounds how long something takes, or needs what all share. */
const ALONE = [
  'test/crash/*.system.test.ts',
  'test/e2e/crash.system.test.ts',
  'test/health/many.system.test.ts',
  'test/platforms/ssh/detached.system.test.ts',
  'test/platforms/ssh/failures.system.test.ts',
  'test/platforms/ssh/ssh-shells.system.test.ts',
  'test/server/controller/latency.system.test.ts',
  'test/support/ssh-fleet.system.test.ts',
];

/** For a machine of two cores, both busy: what takes a second elsewhere may take many. */
const REAL = { pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.system.test.ts'],
          pool: 'threads',
          isolate: false,
          // For a machine that has much else to do.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          exclude: ALONE,
          ...REAL,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          include: ALONE,
          ...REAL,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
