import type { Clock } from '../domain/clock.ts';
import type { HealthJudge } from '../health/health-check.ts';
import type { HookRunner } from '../hooks/hook-runner.ts';
import type { Journal } from '../journal/journal.ts';
import type { Platform } from '../platforms/platform.ts';
import type { Router } from '../routers/router.ts';

/** Everything that the engine touches the world through. */
export interface Ports {
  readonly journal: Journal;
  readonly platform: Platform;
  /** `null` where nothing divides the traffic. */
  readonly router: Router | null;
  /** `null` where nothing can be asked. */
  readonly health: HealthJudge | null;
  readonly hooks: HookRunner;
  readonly clock: Clock;
}
