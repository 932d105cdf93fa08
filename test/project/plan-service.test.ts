import { describe, expect, test } from 'vitest';
import { type ResolvedService, resolveService } from '../../src/config/resolve-service.ts';
import { validate } from '../../src/config/validate.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import type { Instance } from '../../src/platforms/platform.ts';
import { processSlots } from '../../src/project/fleet/process-fleet.ts';
import { strategyOf } from '../../src/project/from-config.ts';
import { planService } from '../../src/project/plan-service.ts';
import { ReleaseHistory } from '../../src/project/release-history.ts';

const OLD = release('1.0.0');
const NEW = release('2.0.0');

function release(version: string): Release {
  return { id: `${version}-0123456789ab`, service: 'api', version, digest: '0123456789ab', spec: {} };
}

function service(given: Record<string, unknown> = {}): ResolvedService {
  const { config, problems } = validate({ services: { api: { command: 'node server.js', ...given } } });
  if (config === null) throw new Error(JSON.stringify(problems));
  return resolveService(config, 'api');
}

function fleetOf(resolved: ResolvedService) {
  return { targets: processSlots(resolved), can: { beside: true, routed: true, staged: true } };
}

function instance(target: string, what: Partial<Instance> = {}): Instance {
  return { target, release: OLD.id, state: 'running', startedAt: 1, ...what };
}

function plan(given: Record<string, unknown>, instances: readonly Instance[], to = NEW): Promise<Plan> {
  const resolved = service(given);
  const history = new ReleaseHistory(new MemoryJournal(), { service: 'api', environment: 'local' });
  return planService({
    service: resolved,
    fleet: fleetOf(resolved),
    release: to,
    strategy: strategyOf(resolved),
    instances,
    history,
    now: 0,
  });
}

describe('targets', () => {
  test('a slot an instance, in order', async () => {
    const { targets } = await plan({ instances: 3 }, []);
    expect(targets).toEqual(['api.1', 'api.2', 'api.3'].map((id) => ({ id, from: null })));
  });

  test('those that run nothing, or not properly, come first', async () => {
    const running = [instance('api.1'), instance('api.2', { state: 'starting' }), instance('api.4')];
    const { targets } = await plan({ instances: 4 }, running);
    expect(targets.map((target) => target.id)).toEqual(['api.2', 'api.3', 'api.1', 'api.4']);
  });

  test('those beyond the wanted number are leaving', async () => {
    const { targets } = await plan({ instances: 1 }, [instance('api.1'), instance('api.2')]);
    expect(targets).toEqual([
      { id: 'api.1', from: OLD.id },
      { id: 'api.2', from: OLD.id, leaving: true },
    ]);
  });

  test('fewer instances of the release that runs: nothing is updated, those that leave are retired', async () => {
    const two = [instance('api.1'), instance('api.2')];
    const { steps, previous, policy } = await plan({ instances: 1 }, two, OLD);
    expect(steps).toEqual([{ kind: 'retire', side: 'old' }]);
    expect(previous).toEqual({ [OLD.id]: OLD });
    expect(policy.minAvailable).toBe(1);
  });

  test('one that runs the release already, but not well, is brought up again', async () => {
    const history = new ReleaseHistory(new MemoryJournal(), { service: 'api', environment: 'local' });
    const resolved = service({ instances: 2 });
    const strategy = strategyOf(resolved);
    const instances = [instance('api.1'), instance('api.2', { state: 'starting' })];
    const unwell = new Set(['api.2']);
    const { steps } = await planService({
      service: resolved,
      fleet: fleetOf(resolved),
      release: OLD,
      strategy,
      instances,
      unwell,
      history,
      now: 0,
    });
    expect(steps.map((step) => step.kind)).toEqual(['stage', 'update', 'verify', 'retire']);
    expect(steps[1]).toMatchObject({ targets: ['api.2'] });
  });

  test('of two releases on one target, the one that is not the plan’s is where it comes from', async () => {
    const both = [instance('api.1', { release: NEW.id, startedAt: 0 }), instance('api.1')];
    const { targets } = await plan({ instances: 1 }, both);
    expect(targets).toEqual([{ id: 'api.1', from: OLD.id }]);
  });

  test('a release that this journal has never deployed can still be left', async () => {
    const { previous } = await plan({ instances: 1 }, [instance('api.1')]);
    expect(previous[OLD.id]).toEqual({ ...OLD, spec: {} });
  });
});

describe('steps', () => {
  test('hooks run once the release is staged, and after everything', async () => {
    const hooks = {
      before: [{ name: 'migrate', command: ['./migrate'] }],
      after: [{ name: 'announce', command: ['./announce'] }],
      onFailure: [{ name: 'page', command: ['./page'] }],
    };
    const { steps, hooksOnFailure } = await plan({ instances: 1, hooks }, []);
    expect(steps.map((step) => (step.kind === 'hook' ? step.name : step.kind))).toEqual([
      'stage',
      'migrate',
      'update',
      'verify',
      'retire',
      'announce',
    ]);
    expect(hooksOnFailure.map((hook) => hook.name)).toEqual(['page']);
  });

  test('without checks nothing is probed, and nothing baked for', async () => {
    const { capabilities } = await plan({ checks: [] }, []);
    expect(capabilities).toMatchObject({ probed: false, checked: false });
  });
});

describe('policy', () => {
  const four = ['api.1', 'api.2', 'api.3', 'api.4'].map((target) => instance(target));

  test('side by side, none that serves may be missing', async () => {
    expect((await plan({ instances: 4 }, four)).policy.minAvailable).toBe(4);
  });

  test('in place, no more than a batch', async () => {
    const strategy = { type: 'rolling', batchSize: 1, inPlace: true };
    expect((await plan({ instances: 4, strategy }, four)).policy.minAvailable).toBe(3);
  });

  test('percentages are of the wanted instances', async () => {
    const { policy } = await plan({ instances: 4, policy: { maxFailures: '50%' } }, four);
    expect(policy.maxFailures).toBe(2);
  });
});
