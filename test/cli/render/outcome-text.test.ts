import { describe, expect, it } from 'vitest';
import { type OutcomeOptions, renderOutcome } from '../../../src/cli/render/outcome-text.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { allAtOnceSteps } from '../../../src/strategies/all-at-once.ts';
import { canarySteps } from '../../../src/strategies/canary.ts';
import { rollingSteps } from '../../../src/strategies/rolling.ts';
import { crashingOn } from './faults.ts';
import { expectGolden } from './golden.ts';
import { BARE, IN_PLACE, planFor } from './plans.ts';
import { SimulatedRollout } from './simulated-rollout.ts';

const plain = paintFor({ color: false });
const canary = canarySteps({ stages: [25, { percent: 50, gate: 'does it look right?' }] });

function render(rollout: SimulatedRollout, options: Partial<OutcomeOptions> = {}): string[] {
  const { state, history, now } = rollout;
  const urls = ['http://localhost:8080'];
  return renderOutcome(state, { paint: plain, columns: 80, now, urls, history, ...options });
}

async function expectOutcome(
  name: string,
  rollout: SimulatedRollout,
  options: Partial<OutcomeOptions> = {},
): Promise<void> {
  const lines = render(rollout, options);
  expect(lines.length).toBeLessThanOrEqual(23);
  await expectGolden(`outcome-${name}`, lines, options.columns ?? 80);
}

describe('completed', () => {
  it('with nothing left to say', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canarySteps(), environment: 'local' })).toEnd();
    await expectOutcome('completed', rollout, { lost: 0 });
  });

  it('for the first time', async () => {
    await expectOutcome(
      'first',
      new SimulatedRollout(planFor({ strategy: canary, from: () => null })).toEnd(),
    );
  });

  it('with targets left behind', async () => {
    const policy = { maxFailures: 2 };
    const beside = new SimulatedRollout(planFor({ strategy: rollingSteps(), policy }), {
      answer: crashingOn(2),
    });
    await expectOutcome('left-behind', beside.toEnd());
    const plan = planFor({ strategy: rollingSteps(), policy, can: IN_PLACE });
    await expectOutcome(
      'left-behind-in-place',
      new SimulatedRollout(plan, { answer: crashingOn(2) }).toEnd(),
    );
  });

  it('without a server that could not be reached', async () => {
    const can = { ...IN_PLACE, routed: false };
    const plan = planFor({ strategy: rollingSteps(), policy: { maxFailures: 1 }, can });
    await expectOutcome('left-out', new SimulatedRollout(plan, { unreachable: [1] }).toEnd());
  });

  it('after a rollback by hand, which another one would take further back', () => {
    const strategy = { ...allAtOnceSteps(), name: 'rollback' };
    const lines = render(new SimulatedRollout(planFor({ strategy, environment: 'local' })).toEnd());
    expect(lines.find((line) => line.includes('back to'))).toMatch(
      /^ +sluice rollback api 1\.0\.0 +back to 1\.0\.0$/,
    );
  });

  it('with requests lost', () => {
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() })).toEnd();
    expect(render(rollout, { lost: 3 })).toContain('requests  3 lost');
  });
});

describe('rolled back', () => {
  it('with all the evidence', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() }), {
      answer: crashingOn(2),
    }).toEnd();
    await expectOutcome('rolled-back', rollout, { lost: 0 });
    await expectOutcome('rolled-back-color', rollout, { paint: paintFor({ color: true }) });
    await expectOutcome('rolled-back-120', rollout, { columns: 120 });
  });

  it('without a history, says what the state alone tells', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() }), {
      answer: crashingOn(2),
    }).toEnd();
    const { state, now } = rollout;
    const lines = renderOutcome(state, { paint: plain, columns: 80, now, urls: [] });
    await expectGolden('outcome-rolled-back-without-history', lines, 80);
  });

  it('with a log and a cause that are too long', async () => {
    const log = Array.from({ length: 50 }, (_, line) => `line ${line} ${'of many words '.repeat(9)}`);
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps() }), {
      answer: ({ target, operation, side }) =>
        target === 2 && operation === 'probe' && side === 'new'
          ? {
              ok: false,
              error: `not healthy: ${'a long story '.repeat(40)}`,
              evidence: { signal: 'SIGKILL', log },
            }
          : undefined,
    });
    await expectOutcome('long', rollout.toEnd());
  });

  it('from a first deployment, to nothing', async () => {
    const plan = planFor({ strategy: rollingSteps(), from: () => null });
    await expectOutcome('nothing-serves', new SimulatedRollout(plan, { answer: crashingOn(0) }).toEnd());
  });

  it('because a person said no', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).toEndOrGate();
    rollout.signal({ signal: 'reject', by: 'bob', reason: 'errors doubled' });
    await expectOutcome('rejected', rollout.toEnd());
  });
});

it('aborted', async () => {
  const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
  rollout.signal({ signal: 'abort', by: 'ann@laptop', reason: 'Ctrl-C' });
  await expectOutcome('aborted', rollout.toEnd());
});

describe('failed', () => {
  it('and left as it is', async () => {
    const plan = planFor({ strategy: rollingSteps(), can: IN_PLACE, policy: { onFailure: 'stop' } });
    await expectOutcome('stopped', new SimulatedRollout(plan, { answer: crashingOn(2) }).toEnd());
  });

  it('and left as it is, after its hooks', async () => {
    const hook = { kind: 'hook', name: 'page', command: ['./page.sh'], timeoutMs: 60_000 } as const;
    const policy = { onFailure: 'stop' } as const;
    const plan = planFor({ strategy: rollingSteps(), can: IN_PLACE, policy, hooksOnFailure: [hook] });
    const rollout = new SimulatedRollout(plan, { answer: crashingOn(2) }).until((state) => state.stopped);
    await expectOutcome('stopping', rollout);
    await expectOutcome('stopped-after-hook', rollout.toEnd());
  });

  it('with a rollback that could not reach a server', async () => {
    const can = { ...IN_PLACE, routed: false };
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps(), can }), {
      answer: (intent, state) => {
        if (intent.target === 2) return crashingOn(2)(intent);
        const error = 'cannot log in to api.1: it does not answer';
        return intent.target === 0 && state.direction === 'back'
          ? { ok: false, error, unreachable: true }
          : undefined;
      },
    });
    await expectOutcome('lost-in-rollback', rollout.toEnd());
  });

  it('with a rollback that failed too', async () => {
    const rollout = new SimulatedRollout(planFor({ strategy: rollingSteps(), can: IN_PLACE }), {
      answer: (intent) =>
        intent.side === 'old' && intent.operation === 'activate'
          ? { ok: false, error: 'port 4103 is taken', retryable: false }
          : crashingOn(2)(intent),
    });
    await expectOutcome('rollback-failed', rollout.toEnd());
  });

  it('where nothing is known but that it failed', async () => {
    const plan = planFor({ strategy: rollingSteps(), can: BARE, policy: { onFailure: 'stop' } });
    const rollout = new SimulatedRollout(plan, {
      answer: ({ target }) => (target === 1 ? { ok: false, retryable: false } : undefined),
    });
    await expectOutcome('bare', rollout.toEnd());
  });
});

describe('not ended', () => {
  it('at a gate', async () => {
    await expectOutcome('gate', new SimulatedRollout(planFor({ strategy: canary })).toEndOrGate());
  });

  it('paused after a failure', async () => {
    const plan = planFor({ strategy: rollingSteps(), policy: { onFailure: 'pause' } });
    const rollout = new SimulatedRollout(plan, { answer: crashingOn(2) });
    await expectOutcome(
      'paused',
      rollout.until((state) => state.paused !== null),
    );
  });

  it('under way', () => {
    const rollout = new SimulatedRollout(planFor({ strategy: canary })).forMs(5_000);
    expect(render(rollout)[0]).toMatch(/^‖ api 1\.1\.0 is under way in production {2,}5\.0 s$/);
    expect(render(rollout).slice(-3)).toEqual([
      'next      sluice resume api-7                 goes on',
      '          sluice abort api-7                  goes back',
      '          sluice status api --env production  what runs where',
    ]);
  });
});
