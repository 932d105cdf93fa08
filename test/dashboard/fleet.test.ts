import { describe, expect, test } from 'vitest';
import { chosen } from '../../dashboard/src/fleet/chosen.ts';
import { runningOf } from '../../dashboard/src/fleet/running.ts';
import type { InstanceStatus, ServiceStatus } from '../../src/project/service-status.ts';
import type { ServiceView } from '../../src/server/operations.ts';

function instance(target: string, version: string, more: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    target,
    release: `api-${version}`,
    version,
    state: 'running',
    pid: 1,
    restarts: 0,
    health: 'healthy',
    message: '',
    routed: true,
    inFlight: 0,
    startedAt: 0,
    ...more,
  };
}

function status(instances: InstanceStatus[], more: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    service: 'api',
    environment: 'production',
    url: '',
    targets: [],
    instances,
    unreachable: {},
    split: null,
    last: null,
    unfinished: null,
    drift: [],
    well: true,
    ...more,
  };
}

function view(
  service: string,
  environment: string,
  needs: string[],
  instances: InstanceStatus[] = [],
): ServiceView {
  return { service, environment, needs, status: status(instances), lookedAt: 0, fault: null };
}

describe('what runs', () => {
  test('is counted by release, with its part of the traffic', () => {
    const instances = [
      instance('api.1', '2.0.0'),
      instance('api.2', '1.0.0'),
      instance('api.3', '1.0.0', { health: 'unhealthy' }),
      instance('api.4', '1.0.0', { state: 'exited', health: 'unknown' }),
      instance('api.5', '1.0.0', { health: 'unknown' }),
    ];
    const split = { release: 'api-2.0.0', percent: 12.5 };
    expect(runningOf(status(instances, { split, unreachable: { 'api.6': 'gone' } }))).toEqual({
      versions: [
        { version: '1.0.0', instances: 4, percent: 87.5 },
        { version: '2.0.0', instances: 1, percent: 12.5 },
      ],
      healthy: 2,
      unhealthy: 2,
      unchecked: 1,
      unreachable: 1,
    });
  });

  test('of three releases at once nobody knows the parts', () => {
    const instances = ['1', '2', '3'].map((version) => instance(`api.${version}`, version));
    const { versions } = runningOf(status(instances, { split: { release: 'api-3', percent: 10 } }));
    expect(versions.map(({ percent }) => percent)).toEqual([null, null, null]);
  });
});

describe('the filters', () => {
  const api = view('api', 'production', ['api.1 is unhealthy: 503'], [instance('api.1', '1.4.0')]);
  const web = view('web', 'production', []);
  const test1 = view('api', 'staging', []);
  const all = [api, web, test1];

  test.each([
    [{}, all],
    [{ q: 'api' }, [api, test1]],
    [{ q: 'API 1.4' }, [api]],
    [{ q: '503' }, [api]],
    [{ q: 'nothing like it' }, []],
    [{ environment: 'staging' }, [test1]],
    [{ show: 'needs' }, [api]],
    [{ show: 'needs', environment: 'staging' }, []],
  ])('%j leave what is like that', (filter, left) => {
    expect(chosen(all, filter)).toEqual(left);
  });
});
