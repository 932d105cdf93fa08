import type { Amount } from '../../domain/amount.ts';
import type { Capabilities } from '../../domain/plan.ts';
import { allAtOnceSteps } from '../../strategies/all-at-once.ts';
import { blueGreenSteps } from '../../strategies/blue-green.ts';
import { type CanaryStage, canarySteps } from '../../strategies/canary.ts';
import { rollingSteps } from '../../strategies/rolling.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { drawGate } from './people.ts';
import type { Random } from './random.ts';

/** One of Sluice's own strategies with options that make sense for what the platform can do. */
export function drawStrategy(random: Random, can: Capabilities): Strategy {
  switch (random.pick(['rolling', 'canary', 'blueGreen', 'allAtOnce'] as const)) {
    case 'rolling':
      return rollingSteps({
        batchSize: drawAmount(random),
        pauseMs: random.pick([0, 0, 500, 3_000]),
        inPlace: can.beside && random.chance(0.3),
        ...(random.chance(0.3) ? { maxUnavailable: random.int(1, 4) } : {}),
      });
    case 'canary':
      return canarySteps({ stages: drawStages(random) });
    case 'blueGreen':
      return blueGreenSteps({
        bakeMs: random.pick([0, 0, 2_000]),
        ...(random.chance(0.4) ? { gate: drawGate(random, 'switch the traffic?') } : {}),
      });
    case 'allAtOnce':
      return allAtOnceSteps();
  }
}

function drawAmount(random: Random): Amount {
  return random.chance(0.5) ? random.int(1, 6) : `${random.int(1, 100)}%`;
}

function drawStages(random: Random): CanaryStage[] {
  const percents = new Set(random.times(random.int(0, 4), () => random.int(1, 100)));
  return [...percents]
    .toSorted((a, b) => a - b)
    .map((percent) => ({
      percent,
      bakeMs: random.pick([0, 500, 2_000]),
      ...(random.chance(0.25) ? { gate: drawGate(random, `go beyond ${percent} %?`) } : {}),
    }));
}
