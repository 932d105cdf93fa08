/**
 * The specification, line by line: each test is named by the line that it holds. Names are in TypeScript
 * spelling: `plan_deployment` is `planDeployment`, a dict is an object or a Map, an exception a rejected promise.
 */
import { describe, expect, test } from 'vitest';
import {
  allAtOnce,
  blueGreen,
  canary,
  customCheck,
  DeploymentManager,
  DeploymentOrchestrator,
  DeploymentStrategy,
  type DeploymentTarget,
  HealthChecker,
  HealthStatus,
  InvalidPlanError,
  InvalidPlanStateError,
  PlanState,
  rolling,
  type ServiceStrategy,
  SluiceError,
  StalePlanError,
} from '../src/index.ts';

function fleet(count: number, version?: string): DeploymentTarget[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `web-${index + 1}`,
    ...(version === undefined ? {} : { version }),
  }));
}

describe('Overview', () => {
  test('DeploymentOrchestrator provides a plan-execute-verify lifecycle with health check integration', async () => {
    const checker = new HealthChecker([customCheck('up', () => true)]);
    const orchestrator = new DeploymentOrchestrator(checker);
    const plan = orchestrator.planDeployment('2.0.0', fleet(3, '1.0.0'), rolling());
    const result = await orchestrator.executeDeployment(plan);
    expect(result.success).toBe(true);
    expect(await orchestrator.verifyDeployment()).toBe(HealthStatus.HEALTHY);
  });

  test('DeploymentManager provides a deploy/rollback interface with history tracking', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', allAtOnce());
    await manager.deploy('api', '2.0.0', canary());
    await manager.rollback('api', rolling());
    expect(manager.history.map((state) => [state.version, state.status])).toEqual([
      ['1.0.0', 'completed'],
      ['2.0.0', 'completed'],
      ['2.0.0', 'rolled-back'],
    ]);
  });
});

describe('Architecture', () => {
  test.each([
    ['rolling', rolling()],
    ['canary', canary()],
    ['blueGreen', blueGreen()],
    ['allAtOnce', allAtOnce()],
  ])('DeploymentStrategy.deploy(targets, version, deployFn): %s', async (_name, strategy) => {
    const targets = fleet(7, '1.0.0');
    const calls: string[] = [];
    const result = await strategy.deploy(targets, '2.0.0', (target, version) => {
      calls.push(`${target.id} ${version}`);
      return true;
    });
    expect(result).toMatchObject({ success: true, state: 'completed', targetsFailed: [], errors: [] });
    expect(calls.toSorted()).toEqual(targets.map((target) => `${target.id} 2.0.0`).toSorted());
    expect(targets.map((target) => target.version)).toEqual(targets.map(() => '2.0.0'));
  });

  test.each([
    ['rolling', rolling()],
    ['canary', canary()],
    ['blueGreen', blueGreen()],
    ['allAtOnce', allAtOnce()],
  ])('DeploymentStrategy.execute(serviceName, version): %s', async (name, strategy) => {
    expect(await strategy.execute('api', '1.0.0')).toMatchObject({
      service: 'api',
      version: '1.0.0',
      strategy: name,
      status: 'completed',
    });
  });

  test('DeploymentManager maintains a history list and an active-deployment map', async () => {
    const manager = new DeploymentManager();
    const state = await manager.deploy('api', '1.0.0', rolling());
    expect(manager.history).toEqual([state]);
    expect(manager.activeDeployments).toEqual(new Map([['api', state]]));
  });
});

describe('DeploymentOrchestrator', () => {
  test('planDeployment(version, targets, strategy, metadata) creates a plan in DRAFT state', () => {
    const targets = fleet(2);
    const strategy = rolling();
    const plan = new DeploymentOrchestrator().planDeployment('1.0.0', targets, strategy, { ticket: 'OPS-7' });
    expect(plan).toMatchObject({ version: '1.0.0', state: PlanState.DRAFT, metadata: { ticket: 'OPS-7' } });
    expect(plan.strategy).toBe(strategy);
    expect(plan.targets).toEqual(targets);
    expect(plan.createdAt).toBeInstanceOf(Date);
    expect(targets.map((target) => target.version)).toEqual([undefined, undefined]);
  });

  test('executeDeployment(plan) transitions through EXECUTING to COMPLETED', async () => {
    const states: string[] = [];
    const orchestrator: DeploymentOrchestrator = new DeploymentOrchestrator(null, () => {
      states.push(plan.state);
      return true;
    });
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
    const result = await orchestrator.executeDeployment(plan);
    expect(states).toEqual([PlanState.EXECUTING]);
    expect(plan.state).toBe(PlanState.COMPLETED);
    expect(result).toMatchObject({ success: true, targetsUpdated: ['web-1'], targetsFailed: [], errors: [] });
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('executeDeployment(plan) transitions to FAILED, with the messages kept and the touched targets restored', async () => {
    const orchestrator = new DeploymentOrchestrator(null, (target, version) => {
      if (target.id === 'web-2' && version === '2.0.0') throw new Error('disk is full');
    });
    const targets = fleet(3, '1.0.0');
    const plan = orchestrator.planDeployment('2.0.0', targets, rolling({ batchSize: 1 }));
    const result = await orchestrator.executeDeployment(plan);
    expect(plan.state).toBe(PlanState.FAILED);
    expect(result).toMatchObject({
      success: false,
      state: 'rolled-back',
      targetsUpdated: [],
      targetsFailed: ['web-2'],
      errors: ['web-2: disk is full'],
    });
    expect(targets.map((target) => target.version)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  });

  test('a deployFn that returns false fails that target', async () => {
    const orchestrator = new DeploymentOrchestrator(null, (target) => target.id !== 'web-1');
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), allAtOnce());
    const result = await orchestrator.executeDeployment(plan);
    expect(result.targetsFailed).toEqual(['web-1']);
    expect(result.errors).toEqual(['web-1: the deploy function returned false for 1.0.0']);
  });

  test('an unhealthy checker fails the deployment in its verify step', async () => {
    const checker = new HealthChecker([customCheck('up', () => false)]);
    const orchestrator = new DeploymentOrchestrator(checker);
    const targets = fleet(2, '1.0.0');
    const plan = orchestrator.planDeployment('2.0.0', targets, allAtOnce());
    const result = await orchestrator.executeDeployment(plan);
    expect(result).toMatchObject({ success: false, state: 'rolled-back' });
    expect(targets.map((target) => target.version)).toEqual(['1.0.0', '1.0.0']);
  });

  test('checks without a verdict are not a success, and nobody is waited for', async () => {
    const checker = new HealthChecker([customCheck('up', () => HealthStatus.UNKNOWN)]);
    const orchestrator = new DeploymentOrchestrator(checker);
    const plan = orchestrator.planDeployment('2.0.0', fleet(2, '1.0.0'), allAtOnce());
    const result = await orchestrator.executeDeployment(plan);
    expect(result).toMatchObject({
      success: false,
      state: 'rolled-back',
      errors: ['the checks gave no verdict'],
    });
  });

  test('verifyDeployment runs health checks', async () => {
    const checker = new HealthChecker([customCheck('up', () => false)]);
    expect(await new DeploymentOrchestrator(checker).verifyDeployment()).toBe(HealthStatus.UNHEALTHY);
  });

  test('verifyDeployment returns HEALTHY if no checker is configured', async () => {
    expect(await new DeploymentOrchestrator().verifyDeployment()).toBe(HealthStatus.HEALTHY);
  });

  test('getDeploymentStatus returns a snapshot of the current status', async () => {
    const orchestrator = new DeploymentOrchestrator();
    expect(orchestrator.getDeploymentStatus()).toEqual({
      activePlan: null,
      lastResult: null,
      lastHealth: null,
      deploymentsCompleted: 0,
      deploymentsFailed: 0,
    });
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
    const snapshot = orchestrator.getDeploymentStatus();
    await orchestrator.executeDeployment(plan);
    expect(snapshot.activePlan?.state).toBe(PlanState.DRAFT);
    expect(orchestrator.getDeploymentStatus()).toMatchObject({
      activePlan: { version: '1.0.0', state: PlanState.COMPLETED },
      lastResult: { success: true },
      deploymentsCompleted: 1,
      deploymentsFailed: 0,
    });
  });

  test('constructor(healthChecker | null, deployFn | null)', async () => {
    const orchestrator = new DeploymentOrchestrator(null, null);
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
    expect((await orchestrator.executeDeployment(plan)).success).toBe(true);
  });
});

describe('DeploymentManager', () => {
  test('deploy(serviceName, version, strategy) executes, appends to history, tracks the active deployment', async () => {
    const manager = new DeploymentManager();
    const state = await manager.deploy('api', '1.0.0', rolling());
    expect(state).toMatchObject({ service: 'api', version: '1.0.0', status: 'completed' });
    expect(manager.history).toHaveLength(1);
    expect(manager.getActive('api')).toEqual(state);
  });

  test('rollback(serviceName, strategy) rolls back the active deployment', async () => {
    const calls: string[] = [];
    const strategy = rolling(
      {},
      { deployFn: (target, version) => void calls.push(`${target.id} ${version}`) },
    );
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', strategy);
    await manager.deploy('api', '2.0.0', strategy);
    expect(await manager.rollback('api', strategy)).toMatchObject({
      version: '2.0.0',
      status: 'rolled-back',
    });
    expect(calls).toEqual(['api 1.0.0', 'api 2.0.0', 'api 1.0.0']);
  });

  test('rollback returns null if there is no active deployment', async () => {
    expect(await new DeploymentManager().rollback('api', rolling())).toBeNull();
  });

  test('getActive(serviceName) returns the active deployment, or null', async () => {
    const manager = new DeploymentManager();
    expect(manager.getActive('api')).toBeNull();
    await manager.deploy('api', '1.0.0', rolling());
    expect(manager.getActive('api')?.version).toBe('1.0.0');
  });

  test('summary returns counts: totalDeployments, activeServices, completed, failed, rolledBack', async () => {
    const manager = new DeploymentManager();
    const broken = rolling({}, { deployFn: () => false });
    await manager.deploy('api', '1.0.0', rolling());
    await manager.deploy('web', '1.0.0', rolling());
    await manager.deploy('jobs', '1.0.0', broken);
    await manager.rollback('web', rolling());
    expect(manager.summary()).toEqual({
      totalDeployments: 4,
      activeServices: 1,
      completed: 2,
      failed: 1,
      rolledBack: 1,
    });
  });

  test('history is a list of all deployment states, handed out as a copy', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', rolling());
    manager.history.pop();
    expect(manager.history).toHaveLength(1);
  });

  test('activeDeployments maps service names to states, handed out as a copy', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', rolling());
    manager.activeDeployments.clear();
    expect([...manager.activeDeployments.keys()]).toEqual(['api']);
  });
});

describe('Constraints', () => {
  test.each([PlanState.EXECUTING, PlanState.COMPLETED, PlanState.FAILED])(
    'executeDeployment rejects a plan in state %s',
    async (state) => {
      const orchestrator = new DeploymentOrchestrator();
      const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
      plan.state = state;
      const refused = await orchestrator.executeDeployment(plan).catch((thrown: unknown) => thrown);
      expect(refused).toBeInstanceOf(InvalidPlanStateError);
      expect(refused).toBeInstanceOf(SluiceError);
      expect(refused).toMatchObject({ code: 'INVALID_PLAN_STATE', state });
      expect((refused as InvalidPlanStateError).plan).toBe(plan);
    },
  );

  test('executeDeployment takes a plan that was APPROVED', async () => {
    const orchestrator = new DeploymentOrchestrator();
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
    plan.state = PlanState.APPROVED;
    expect((await orchestrator.executeDeployment(plan)).success).toBe(true);
  });

  test('the default deploy sets the target version and succeeds', async () => {
    const orchestrator = new DeploymentOrchestrator();
    const targets = fleet(2);
    await orchestrator.executeDeployment(orchestrator.planDeployment('1.0.0', targets, allAtOnce()));
    expect(targets.map((target) => target.version)).toEqual(['1.0.0', '1.0.0']);
  });

  test('DeploymentManager.deploy catches what a strategy throws and returns a failed state', async () => {
    const manager = new DeploymentManager();
    const strategy: ServiceStrategy = {
      name: 'own',
      execute: () => Promise.reject(new Error('no such service')),
      rollback: () => Promise.reject(new Error('no such service')),
    };
    const state = await manager.deploy('api', '1.0.0', strategy);
    expect(state).toMatchObject({ service: 'api', version: '1.0.0', strategy: 'own', status: 'failed' });
    expect(state.error).toBe('no such service');
    expect(manager.history).toEqual([state]);
    expect(manager.getActive('api')).toBeNull();
  });

  test('DeploymentManager.rollback removes the service from the active ones', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', rolling());
    await manager.rollback('api', rolling());
    expect(manager.getActive('api')).toBeNull();
  });
});

describe('Error Handling', () => {
  test('DeploymentManager.deploy logs the error', async () => {
    const lines: string[] = [];
    const manager = new DeploymentManager({
      info: (message) => lines.push(`info ${message}`),
      warn: (message) => lines.push(`warn ${message}`),
      error: (message) => lines.push(`error ${message}`),
    });
    await manager.deploy('api', '1.0.0', rolling({}, { deployFn: () => false }));
    expect(lines).toEqual(['error api 1.0.0 failed: api: the deploy function returned false for 1.0.0']);
  });

  test('DeploymentManager.rollback logs a warning when no active deployment exists', async () => {
    const warnings: string[] = [];
    const manager = new DeploymentManager({
      info() {},
      error() {},
      warn: (message) => warnings.push(message),
    });
    await manager.rollback('api', rolling());
    expect(warnings).toEqual(['api has no active deployment to roll back']);
  });
});

describe('What the specification leaves open', () => {
  test('a strategy that returns a failed state does not become active', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', rolling());
    await manager.deploy('api', '2.0.0', rolling({}, { deployFn: () => false }));
    expect(manager.getActive('api')?.version).toBe('1.0.0');
  });

  test('a rollback that fails stays active and can be tried again', async () => {
    const manager = new DeploymentManager();
    await manager.deploy('api', '1.0.0', rolling());
    await manager.deploy('api', '2.0.0', rolling());
    const broken = rolling({}, { deployFn: () => false });
    expect(await manager.rollback('api', broken)).toMatchObject({ status: 'failed' });
    expect(manager.getActive('api')?.version).toBe('2.0.0');
    expect(await manager.rollback('api', rolling())).toMatchObject({ status: 'rolled-back' });
    expect(manager.getActive('api')).toBeNull();
  });

  test('of two executions of one plan at once exactly one runs', async () => {
    let calls = 0;
    const orchestrator = new DeploymentOrchestrator(null, () => void calls++);
    const plan = orchestrator.planDeployment('1.0.0', fleet(1), rolling());
    const ends = await Promise.allSettled([
      orchestrator.executeDeployment(plan),
      orchestrator.executeDeployment(plan),
    ]);
    expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected']);
    expect(calls).toBe(1);
  });

  test('a plan whose targets have changed since is refused, and stays as it was', async () => {
    const orchestrator = new DeploymentOrchestrator();
    const targets = fleet(2, '1.0.0');
    const plan = orchestrator.planDeployment('2.0.0', targets, rolling());
    (targets[1] as DeploymentTarget).version = '1.5.0';
    await expect(orchestrator.executeDeployment(plan)).rejects.toThrow(StalePlanError);
    expect(plan.state).toBe(PlanState.DRAFT);
  });

  test('an edited plan is refused', async () => {
    const orchestrator = new DeploymentOrchestrator();
    const plan = orchestrator.planDeployment('2.0.0', fleet(1), rolling());
    (plan as { version: string }).version = '3.0.0';
    await expect(orchestrator.executeDeployment(plan)).rejects.toThrow(InvalidPlanError);
  });

  test('no targets: nothing to do, and done', async () => {
    const orchestrator = new DeploymentOrchestrator();
    const result = await orchestrator.executeDeployment(orchestrator.planDeployment('1.0.0', [], canary()));
    expect(result).toMatchObject({ success: true, targetsUpdated: [], targetsFailed: [] });
  });

  test("a strategy of one's own is a function that returns steps", async () => {
    const oneByOne = new DeploymentStrategy(function oneByOne({ targets }) {
      return targets.map((id) => ({ kind: 'update', targets: [id], mode: 'in-place', direction: 'forward' }));
    });
    const order: string[] = [];
    await oneByOne.deploy(fleet(3), '1.0.0', (target) => void order.push(target.id));
    expect(order).toEqual(['web-1', 'web-2', 'web-3']);
  });
});
