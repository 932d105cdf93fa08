import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` is fast and runs at each save; `system` starts real processes, sockets and browsers
 * and runs from the built package (`npm run build` first).
 */
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
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
