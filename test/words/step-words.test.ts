import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/render/paint.ts';
import type { Capabilities } from '../../src/domain/plan.ts';
import type { Step, UpdateMode } from '../../src/domain/step.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import { describeStep } from '../../src/words/step-words.ts';
import { BARE, BESIDE, IN_PLACE, planFor } from '../cli/render/plans.ts';

const { symbols } = paintFor({ color: false });

function words(step: Step, can: Capabilities = BESIDE): string {
  const { title, how } = describeStep(step, planFor({ strategy: rollingSteps(), can }), symbols);
  return how === null ? title : `${title} | ${how}`;
}

describe('an update', () => {
  it.each([
    [BESIDE, 'beside', 'forward', 'update api.1 | start 1.1.0 beside 1.0.0, wait until healthy'],
    [
      BESIDE,
      'surge',
      'forward',
      'update api.1 | start 1.1.0 beside 1.0.0, wait until healthy, then drain and stop 1.0.0',
    ],
    [BESIDE, 'in-place', 'forward', 'update api.1 | drain and stop 1.0.0, start 1.1.0, wait until healthy'],
    [IN_PLACE, 'in-place', 'forward', 'update api.1 | drain, replace 1.0.0 by 1.1.0, wait until healthy'],
    [BARE, 'in-place', 'forward', 'update api.1 | replace 1.0.0 by 1.1.0'],
    [BESIDE, 'beside', 'back', 'bring 1.0.0 back on api.1 | start 1.0.0 beside 1.1.0, wait until healthy'],
  ] as const)('on %o, %s, %s', (can, mode: UpdateMode, direction, text) => {
    expect(words({ kind: 'update', targets: ['api.1'], mode, direction }, can)).toBe(text);
  });

  it('of a first deployment is a start', () => {
    const plan = planFor({ strategy: rollingSteps(), can: BARE, from: () => null });
    const step: Step = { kind: 'update', targets: ['api.1'], mode: 'in-place', direction: 'forward' };
    expect(describeStep(step, plan, symbols)).toEqual({ title: 'start 1.1.0 on api.1', how: null });
  });
});

it.each<[Step, string]>([
  [{ kind: 'stage' }, 'stage 1.1.0 on 4 targets | nothing starts yet'],
  [{ kind: 'shift', percent: 0 }, 'all traffic to 1.0.0'],
  [{ kind: 'shift', percent: 12.5 }, '12.5 % of traffic to 1.1.0'],
  [{ kind: 'shift', percent: 100 }, 'all traffic to 1.1.0'],
  [{ kind: 'bake', durationMs: 90_000 }, 'bake 1 min 30 s | checks every 1 s'],
  [
    { kind: 'gate', name: 'really?\u001b[2J', deadlineMs: 3_600_000 },
    'ask "really?" | waits up to 1 h for approval',
  ],
  [
    { kind: 'gate', name: 'go?', deadlineMs: 60_000, approvers: ['ann', 'bob'] },
    'ask "go?" | waits up to 1 min for approval of ann or bob',
  ],
  [
    { kind: 'gate', name: 'go?', deadlineMs: 60_000, approvals: 2 },
    'ask "go?" | waits up to 1 min for 2 approvals',
  ],
  [
    { kind: 'gate', name: 'go?', deadlineMs: 60_000, approvals: 2, approvers: ['ann', 'bob', 'c'] },
    'ask "go?" | waits up to 1 min for 2 approvals of ann, bob, c',
  ],
  [
    { kind: 'hook', name: 'migrate', command: ['npm', 'run', 'a b'], timeoutMs: 60_000 },
    "run hook migrate | npm run 'a b' (up to 1 min)",
  ],
  [{ kind: 'verify' }, 'verify 1.1.0 | every check once'],
  [{ kind: 'retire', side: 'old' }, 'retire 1.0.0 | keep 5 releases'],
  [{ kind: 'retire', side: 'new' }, 'clear away 1.1.0 | stop what runs of it, delete its copies'],
])('%o', (step, text) => {
  expect(words(step)).toBe(text);
});

it('without checks says so', () => {
  expect(words({ kind: 'bake', durationMs: 5_000 }, BARE)).toBe('bake 5 s | no checks');
  expect(words({ kind: 'verify' }, BARE)).toBe('verify 1.1.0 | no checks are configured');
});
