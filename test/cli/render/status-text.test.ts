import { describe, expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { renderStatus } from '../../../src/cli/render/status-text.ts';
import type { InstanceStatus, ServiceStatus } from '../../../src/project/service-status.ts';
import { expectGolden, expectTidy } from './golden.ts';
import { NOON } from './plans.ts';

const HOUR_MS = 3_600_000;
const TARGETS = ['api.1', 'api.2', 'api.3', 'api.4'];
const LAST: NonNullable<ServiceStatus['last']> = {
  id: 'api-7',
  service: 'api',
  environment: 'local',
  version: '1.1.0',
  release: '1.1.0-312e312e302e',
  strategy: 'canary',
  plan: '3f9a1c20',
  targets: 4,
  by: 'ann@laptop',
  createdAt: NOON - 2 * HOUR_MS,
  endedAt: NOON - 2 * HOUR_MS + 42_000,
  phase: 'ended',
  outcome: 'completed',
  reason: null,
  seq: 100,
};

function instance(target: string, version: string, changes: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    target,
    release: `${version}-312e312e302e`,
    version,
    state: 'running',
    pid: 4711,
    restarts: 0,
    health: 'healthy',
    message: 'HTTP 200 in 3 ms',
    routed: true,
    inFlight: 0,
    startedAt: NOON - 2 * HOUR_MS,
    ...changes,
  };
}

function service(changes: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    service: 'api',
    environment: 'local',
    url: 'http://localhost:8080',
    targets: TARGETS,
    instances: TARGETS.map((target) => instance(target, '1.1.0')),
    split: null,
    unreachable: {},
    last: LAST,
    unfinished: null,
    drift: [],
    well: true,
    ...changes,
  };
}

function render(services: readonly ServiceStatus[], columns = 80): string[] {
  return renderStatus(services, { paint: paintFor({ color: false }), columns, now: NOON });
}

it('of one service that is well', async () => {
  await expectGolden('status-well', render([service()]), 80);
});

it('of several services and environments', async () => {
  const services = [
    service({ service: 'web' }),
    service({
      service: 'api',
      well: false,
      instances: [
        instance('api.1', '1.0.0', {
          health: 'unhealthy',
          message: 'http: HTTP 503: "starting"',
          restarts: 3,
        }),
        instance('api.2', '1.1.0', { health: 'degraded', message: 'disk: 4 % free' }),
        instance('api.3', '1.1.0', { health: 'unknown', message: 'no checks are configured', pid: null }),
        instance('api.4', '1.1.0', {
          state: 'exited',
          health: 'unhealthy',
          routed: false,
          startedAt: null,
          message: 'it is exited',
        }),
      ],
      drift: ['api.1 runs 1.0.0, should run 1.1.0'],
    }),
    service({ service: 'job', environment: 'staging', well: false, instances: [], last: null }),
  ];
  await expectGolden('status-several', render(services), 80);
});

it('in the middle of a canary whose controller is gone', async () => {
  const instances = [instance('api.1', '1.1.0'), ...TARGETS.map((target) => instance(target, '1.0.0'))];
  const unfinished = {
    ...LAST,
    id: 'api-8',
    outcome: null,
    endedAt: null,
    phase: 'running',
    attended: false,
    holder: null,
  } as const;
  const split = { release: '1.1.0-312e312e302e', percent: 25 };
  const one = service({
    well: false,
    instances: instances.map((each, at) => (at === 0 ? each : { ...each, release: '1.0.0-312e302e302e' })),
    split,
    unfinished,
  });
  await expectGolden('status-unattended', render([one]), 80);
});

describe('what to type', () => {
  const open = {
    ...LAST,
    id: 'api-8',
    outcome: null,
    endedAt: null,
    attended: true,
    holder: 'bob@ci pid 7',
  } as const;

  it('while somebody deploys', () => {
    const lines = render([service({ well: false, unfinished: { ...open, phase: 'running' } })]);
    expect(lines.slice(-2)).toEqual([
      '  ! api-8 (1.1.0) is under way, bob@ci pid 7 looks after it',
      '    sluice watch api-8 shows it   sluice abort api-8 goes back',
    ]);
  });

  it('while it is paused', () => {
    const lines = render([
      service({ well: false, unfinished: { ...open, phase: 'paused', reason: 'paused by bob' } }),
    ]);
    expect(lines.slice(-2)).toEqual([
      '  ! api-8 (1.1.0) is paused, bob@ci pid 7 looks after it: paused by bob',
      '    sluice resume api-8 goes on   sluice abort api-8 goes back',
    ]);
  });

  it('while it waits for a person', () => {
    const unfinished = { ...open, phase: 'running', question: 'Looks good?' } as const;
    const lines = render([service({ well: false, unfinished })]);
    expect(lines.slice(-2)).toEqual([
      '  ! api-8 (1.1.0) waits for approval, "Looks good?", bob@ci pid 7 looks after it',
      '    sluice approve api-8 goes on   sluice reject api-8 goes back',
    ]);
  });

  it('while it waits for several people, or is paused there', () => {
    const gate = {
      question: 'Looks good?',
      needed: 2,
      approvals: [{ by: 'ann@laptop' }],
      approvers: ['ann', 'bob'],
      deadline: NOON + HOUR_MS,
    };
    const unfinished = { ...open, phase: 'running', question: 'Looks good?', gate } as const;
    expect(render([service({ well: false, unfinished })]).slice(-3)).toEqual([
      '  ! api-8 (1.1.0) waits for approval, "Looks good?", bob@ci pid 7 looks after it',
      '    1 of 2 approved (ann@laptop), until 13:00 UTC, who may: ann, bob',
      '    sluice approve api-8 goes on   sluice reject api-8 goes back',
    ]);
    const paused = { ...open, phase: 'paused', gate: { ...gate, deadline: null } } as const;
    expect(render([service({ well: false, unfinished: paused })]).slice(-3)).toEqual([
      '  ! api-8 (1.1.0) is paused, bob@ci pid 7 looks after it',
      '    1 of 2 approved (ann@laptop), its time stands still, who may: ann, bob',
      '    sluice resume api-8 goes on   sluice abort api-8 goes back',
    ]);
  });

  it('where nothing runs', () => {
    const lines = render([service({ well: false, instances: [], environment: 'staging' })]);
    expect(lines.at(-1)).toBe('  sluice deploy api --env staging starts it');
  });
});

it('tells why the last deployment failed', () => {
  const last = { ...LAST, outcome: 'rolled-back', reason: 'api.3 ended (SIGKILL)' } as const;
  expect(render([service({ last })]).at(-1)).toBe(
    '  last  api-7, 1.1.0, rolled back 1 h ago by ann@laptop: api.3 ended (SIGKILL)',
  );
});

it('lists at most twenty instances, those that are not well first', () => {
  const instances = Array.from({ length: 2_000 }, (_, index) =>
    instance(
      `api.${index + 1}`,
      '1.1.0',
      index === 1_500 ? { health: 'unhealthy', message: 'HTTP 503' } : {},
    ),
  );
  const lines = render([service({ instances, targets: instances.map((one) => one.target), well: false })]);
  expect(lines[2]).toBe('! api  1.1.0 on 2,000 of 2,000 targets, 1 unhealthy        http://localhost:8080');
  expect(lines[3]).toContain('api.1501');
  expect(lines).toContain('  and 1,980 more instances');
});

it('fits a narrow terminal', () => {
  expectTidy(render([service(), service({ service: 'web', well: false })], 30), 30);
});
