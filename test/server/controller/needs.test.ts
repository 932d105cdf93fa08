import { expect, test } from 'vitest';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import type {
  InstanceStatus,
  ServiceStatus,
  UnfinishedDeployment,
} from '../../../src/project/service-status.ts';
import { needsOf } from '../../../src/server/controller/needs.ts';

const SUMMARY: DeploymentSummary = {
  id: 'api-2',
  service: 'api',
  environment: 'local',
  version: '1.1.0',
  release: '1.1.0-0123456789ab',
  strategy: 'rolling',
  plan: 'f00d',
  targets: 2,
  by: 'ann',
  createdAt: 1,
  endedAt: null,
  phase: 'running',
  outcome: null,
  reason: null,
  seq: 9,
};
const LEFT: UnfinishedDeployment = { ...SUMMARY, attended: true, holder: 'ann' };
const GATE = {
  question: 'Looks good?',
  needed: 2,
  approvals: [{ by: 'ann' }],
  approvers: null,
  deadline: 5,
} as const;

function instance(target: string, parts: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    target,
    release: '1.0.0-0123456789ab',
    version: '1.0.0',
    state: 'running',
    pid: 1,
    restarts: 0,
    health: 'healthy',
    message: 'ok',
    routed: true,
    inFlight: 0,
    startedAt: 1,
    ...parts,
  };
}

function status(parts: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    service: 'api',
    environment: 'local',
    url: '',
    targets: ['a', 'b'],
    instances: [instance('a'), instance('b')],
    unreachable: {},
    split: null,
    last: { ...SUMMARY, phase: 'ended', outcome: 'completed', endedAt: 2 },
    unfinished: null,
    drift: [],
    well: true,
    ...parts,
  };
}

test.each<[string, Partial<ServiceStatus>, string[]]>([
  ['what is well', {}, []],
  ['a deployment under way', { unfinished: LEFT }, []],
  [
    'a gate',
    { unfinished: { ...LEFT, gate: GATE } },
    ['api-2 waits for approval: "Looks good?" (1 of 2 approved)'],
  ],
  [
    'a pause at a gate, unattended',
    { unfinished: { ...LEFT, gate: GATE, phase: 'paused', reason: 'paused by ann: lunch', attended: false } },
    ['api-2 is paused: paused by ann: lunch', 'api-2 is unattended: no controller looks after it'],
  ],
  [
    'instances that are not well',
    {
      instances: [
        instance('a', { health: 'unhealthy', message: 'http: 500' }),
        instance('b', { state: 'starting', health: 'unhealthy', message: 'it is starting' }),
      ],
    },
    ['a is unhealthy: http: 500', 'b is starting'],
  ],
  ['the same in mid-rollout', { unfinished: LEFT, instances: [instance('a', { state: 'starting' })] }, []],
  [
    'hosts that are away, and drift',
    { unreachable: { a: 'no route to host' }, drift: ['b runs 0.9.0, should run 1.0.0'] },
    ['a cannot be reached: no route to host', 'b runs 0.9.0, should run 1.0.0'],
  ],
  [
    'many of one kind',
    {
      drift: ['1', '2', '3', '4'],
      unreachable: { a: '', b: '', c: '', d: '' },
      targets: ['a', 'b', 'c', 'd'],
    },
    ['4 of 4 targets cannot be reached', '4 differences from what the last good deployment left'],
  ],
  [
    'a deployment that came to nothing',
    { last: { ...SUMMARY, phase: 'ended', outcome: 'rolled-back', reason: 'a: http: 500' } },
    ['api-2 (1.1.0) was rolled back: a: http: 500'],
  ],
  [
    'one that failed, and another one since',
    {
      last: { ...SUMMARY, phase: 'ended', outcome: 'failed', reason: 'x' },
      unfinished: { ...LEFT, id: 'api-3' },
    },
    [],
  ],
  [
    'one that somebody aborted',
    { last: { ...SUMMARY, phase: 'ended', outcome: 'aborted', reason: 'x' } },
    [],
  ],
])('%s', (_, parts, needs) => {
  expect(needsOf(status(parts), null)).toEqual(needs);
});

test('what cannot be looked at, with or without an earlier look', () => {
  expect(needsOf(null, null)).toEqual([]);
  expect(needsOf(null, 'no supervisor')).toEqual(['it cannot be looked at: no supervisor']);
  expect(needsOf(status({ drift: ['x'] }), 'no supervisor')).toEqual([
    'x',
    'it cannot be looked at: no supervisor',
  ]);
});
