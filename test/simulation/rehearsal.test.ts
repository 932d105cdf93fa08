import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { LeaseHeldError } from '../../src/errors.ts';
import { rollout, update } from '../../src/strategies/strategy.ts';
import { Rehearsal } from '../../src/testing/simulation/rehearsal.ts';

describe('a rehearsal', () => {
  test('tells what runs, every change with what served after it, and every event', async () => {
    const play = new Rehearsal({ targets: 1 });
    expect(play.running).toEqual([{ target: 't1', version: '1.0.0', state: 'running', traffic: true }]);
    expect((await play.deploy('2.0.0')).outcome).toBe('completed');
    expect(play.running).toEqual([{ target: 't1', version: '2.0.0', state: 'running', traffic: true }]);
    expect(play.changes.map(({ what, serving }) => [what, serving])).toEqual([
      ['stage 2.0.0 on t1', 1],
      ['activate 2.0.0 on t1', 1],
      ['admit 2.0.0 on t1', 1],
      ['drain 1.0.0 on t1', 1],
      ['stop 1.0.0 on t1', 1],
      ['prune t1, keeping 2.0.0, 1.0.0', 1],
    ]);
    expect([play.events[0]?.type, play.events.at(-1)?.type]).toEqual([
      'deployment-created',
      'deployment-finished',
    ]);
    expect(play.violations).toEqual([]);
  });

  test('is the same each time', async () => {
    const played = async () => {
      const play = new Rehearsal();
      await play.deploy('2.0.0');
      return play.changes;
    };
    expect(await played()).toEqual(await played());
  });

  test('finds out about a promise that is broken', async () => {
    const play = new Rehearsal();
    const strategy = {
      name: 'impatient',
      options: {},
      // Retires the old before the new is verified.
      steps: (context: Parameters<typeof rollout>[0]) => [
        ...rollout(context, [update(context.targets, 'beside')]),
        { kind: 'verify' as const },
      ],
    };
    await play.deploy('2.0.0', { strategy });
    expect(play.violations.join('\n')).toContain('the old is not retired before the new is verified');
  });

  test('holds no answer against an instance that nobody waited for', async () => {
    // The look before the first step is over sooner than its check, which then has no verdict.
    const play = new Rehearsal({
      targets: 3,
      can: { beside: false },
      faults: [{ call: 'check', target: 't3', version: '1.0.0', kind: 'hangs', after: 1 }],
    });
    const timeoutsMs = { ...DEFAULT_POLICY.timeoutsMs, observe: 500 };
    const policy = { minAvailable: 2, maxAttempts: 1, timeoutsMs };
    expect((await play.deploy('2.0.0', { policy })).outcome).toBe('completed');
    expect(play.violations).toEqual([]);
  });

  test('rejects with what the engine refuses, and when its controller was killed', async () => {
    const play = new Rehearsal();
    const run = play.begin('2.0.0');
    await play.until((state) => state.phase === 'running');
    await expect(play.deploy('3.0.0')).rejects.toThrow(LeaseHeldError);
    play.kill();
    await expect(play.ended(run)).rejects.toThrow('controller-1 was killed');
  });

  test('does not wait for ever, nor for nothing', async () => {
    const play = new Rehearsal();
    expect(() => play.state).toThrow('there is no deployment yet');
    await play.deploy('2.0.0');
    await expect(play.until((state) => state.outcome === 'failed')).rejects.toThrow(
      'it does not come to that within 2592000000 ms',
    );
  });
});
