/** Scripts for simulated rollouts in which something goes wrong. */
import type { Intent, Outcome } from '../../../src/domain/operation.ts';

/** The new release on this target ends with exit code 3 instead of becoming healthy. */
export function crashingOn(target: number): (intent: Intent) => Partial<Outcome> | undefined {
  return ({ target: index, operation, side }) => {
    if (index !== target || operation !== 'probe' || side !== 'new') return undefined;
    return {
      ok: false,
      tookMs: 2_500,
      error: `api.${target + 1} ended instead of becoming healthy (exit code 3)`,
      evidence: {
        probe: 'http: connection refused 127.0.0.1:4103',
        exitCode: 3,
        log: [
          'hello 1.1.0 starts',
          '\u001b[31mError\u001b[39m: the settings file has no "secret"',
          '\tat Timeout.crash (file:///srv/api/server.js:27:27)',
          '    at listOnTimeout (node:internal/timers:581:17)',
        ],
      },
    };
  };
}

/** The first try to start on this target fails. */
export function stumblingOn(target: number): (intent: Intent) => Partial<Outcome> | undefined {
  return ({ target: index, operation, attempt }) =>
    index === target && operation === 'activate' && attempt === 1
      ? { ok: false, error: 'port 4102 is taken' }
      : undefined;
}
