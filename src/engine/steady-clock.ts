import type { Clock } from '../domain/clock.ts';

/**
 * Time as one deployment has it: it never goes back behind what its journal says already, and goes on evenly
 * while a controller acts, so that nobody who sets the machine's clock ends a bake or a deadline.
 * @param from `at` of the last event; milliseconds since the epoch
 */
export function steadyClock(clock: Clock, from: number): Clock {
  const ahead = Math.max(clock.now(), from) - clock.elapsed();
  return {
    now: () => ahead + clock.elapsed(),
    elapsed: () => clock.elapsed(),
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}
