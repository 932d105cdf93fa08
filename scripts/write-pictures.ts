/**
 * Writes the pictures of `docs/images/`: `npx jiti scripts/write-pictures.ts`. They are the real screens, drawn
 * of a rollout that is played on a clock of its own. A unit test fails when they are not what this writes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderLive } from '../src/cli/render/live-view.ts';
import { renderOutcome } from '../src/cli/render/outcome-text.ts';
import { paintFor } from '../src/cli/render/paint.ts';
import type { DeploymentState } from '../src/domain/state.ts';
import { canarySteps } from '../src/strategies/canary.ts';
import { planFor } from '../test/cli/render/plans.ts';
import { type RolloutScript, SimulatedRollout } from '../test/cli/render/simulated-rollout.ts';
import { renderPicture, type Screen } from './docs/terminal-picture.ts';

const PAINT = paintFor({ color: true });
const COLUMNS = 92;
const ROWS = 27;
const URLS = ['http://localhost:8080/'];
const ESTIMATE_MS = 66_000;
const BAKE_MS = 30_000;

/** The pictures by the name of their file. */
export function pictures(): ReadonlyMap<string, string> {
  return new Map([
    ['rollout.svg', rollout()],
    ['rolled-back.svg', rolledBack()],
  ]);
}

/** A canary from its first step to its end. */
function rollout(): string {
  const played = play();
  const screens: Screen[] = [];
  const show = (showMs: number) => screens.push({ lines: live(played), showMs });
  const inStep = (position: number) => (state: DeploymentState) =>
    state.position === position && state.step !== null;

  show(900);
  played.until(inStep(2)).forMs(600);
  show(1_400);
  for (const bake of [4, 7]) {
    for (const passedMs of [1_200, 12_000, 24_000]) {
      played.until(inStep(bake));
      const since = played.state.step?.startedAt ?? 0;
      played.forMs(since + passedMs - played.now);
      show(1_100);
    }
    played.until(inStep(bake + 1)).forMs(500);
    show(1_400);
  }
  played.until(inStep(10)).forMs(600);
  show(1_400);
  played.toEnd();
  screens.push({ lines: outcome(played), showMs: 5_000 });

  return renderPicture({
    title: 'sluice deploy api 1.1.0',
    description:
      'A terminal shows a canary rollout of api from 1.0.0 to 1.1.0 on four targets, step by step: ' +
      '10 percent of the traffic, then 50, then all of it, each watched for 30 seconds.',
    columns: COLUMNS,
    screens,
    still: 7,
  });
}

/** What is left on the screen after a release that is not good. */
function rolledBack(): string {
  const log = [
    'api 1.1.0 listens on 127.0.0.1:42117',
    'api 1.1.0: cannot reach the database at 10.0.0.12:5432',
    'api 1.1.0: cannot reach the database at 10.0.0.12:5432',
  ];
  const probe = 'http /healthz: HTTP 503: "cannot reach the database at 10.0.0.12:5432"';
  const played = play({
    answer: ({ operation, side }) =>
      operation === 'probe' && side === 'new'
        ? {
            ok: false,
            error: `not healthy after 10000 ms: ${probe}`,
            evidence: { probe, log },
            tookMs: 10_000,
            retryable: false,
          }
        : undefined,
  }).toEnd();
  return renderPicture({
    title: 'sluice deploy api 1.1.0',
    description:
      'A terminal shows a release that was rolled back: the cause, the last answer of the health check, the ' +
      'end of the log, what was undone, what serves now, and what to type next.',
    columns: COLUMNS,
    screens: [{ lines: outcome(played), showMs: 0 }],
  });
}

function play(script?: RolloutScript): SimulatedRollout {
  const strategy = canarySteps({
    stages: [
      { percent: 10, bakeMs: BAKE_MS },
      { percent: 50, bakeMs: BAKE_MS },
      { percent: 100, bakeMs: 0 },
    ],
  });
  return new SimulatedRollout(planFor({ strategy, environment: 'local' }), script);
}

function live({ state, now, history }: SimulatedRollout): string[] {
  return renderLive(state, {
    paint: PAINT,
    columns: COLUMNS,
    rows: ROWS,
    now,
    estimateMs: ESTIMATE_MS,
    urls: URLS,
    history,
  });
}

function outcome({ state, now, history }: SimulatedRollout): string[] {
  return renderOutcome(state, { paint: PAINT, columns: COLUMNS, now, urls: URLS, history });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, picture] of pictures()) {
    writeFileSync(fileURLToPath(new URL(`../docs/images/${name}`, import.meta.url)), picture);
  }
}
