import type { z } from 'zod';
import type { configSchema } from './schema.ts';

/** A config as it is written. */
export interface ConfigInput extends z.input<typeof configSchema> {}

/**
 * The config of a `sluice.config.ts`: gives it back as it is, so that an editor completes and checks it.
 *
 * @example
 * export default defineConfig({
 *   services: { api: { command: 'node server.js', strategy: 'canary' } },
 * });
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
