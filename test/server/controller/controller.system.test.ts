/** The controller of the server on real processes, beside the command line and other controllers. */
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  BY,
  followed,
  GATED,
  helloProject,
  KEY,
  openController,
  startController,
} from './controller-project.ts';

const isStep = (event: DeploymentEvent) => event.type === 'step-started';

describe.concurrent('the controller', () => {
  test('deploys in the background, is followed from another one, and obeys its signals', async () => {
    await using project = await helloProject({ strategy: GATED });
    await using own = await openController(project.dir);
    await using other = await openController(project.dir);
    const begun = await own.controller.deploy({ ...KEY, version: '1.1.0' }, BY);
    expect(begun).toEqual({ deployment: 'hello-2' });
    expect(own.controller.running).toEqual(['hello-2']);
    const following = followed(other.controller, 'hello-2');
    const view = await waitFor('the gate', async () => {
      const seen = await other.controller.deployment('hello-2');
      return seen.gate !== null && seen;
    });
    expect(view).toMatchObject({
      attended: true,
      url: project.url.replace('127.0.0.1', 'localhost'),
      gate: { question: 'Looks good?', needed: 1, approvals: [] },
      refused: {
        approve: null,
        reject: null,
        abort: null,
        pause: null,
        promote: null,
        resume: 'it is not paused',
        retry: 'it is not paused after a failure',
        rollback: 'it has not ended: abort takes it back',
      },
    });
    await expect(other.controller.deploy({ ...KEY, version: '1.1.0' }, 'bob')).rejects.toMatchObject({
      code: 'LEASE_HELD',
      remedy: 'hello-2 (1.1.0) was begun by ann. Let it finish first, or take it back: abort hello-2.',
    });
    await expect(other.controller.signal('hello-2', { signal: 'resume' }, 'bob')).rejects.toMatchObject({
      code: 'SIGNAL_REFUSED',
      message: 'cannot resume hello-2: it is not paused',
    });
    expect(
      await other.controller.signal('hello-2', { signal: 'approve', reason: 'fine' }, 'bob'),
    ).toMatchObject({
      deployment: 'hello-2',
      signal: 'approve',
      received: true,
      by: 'bob',
      plan: view.plan.digest,
    });
    const events = await following;
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)?.event).toMatchObject({ type: 'deployment-finished', outcome: 'completed' });
    expect((await project.ask()).version).toBe('1.1.0');
    await waitFor('it to be let go', () => own.controller.running.length === 0);
    expect(own.lines).toEqual([]);
    expect((await other.controller.deployment('hello-2')).refused).toMatchObject({
      abort: 'the deployment has ended: completed',
      rollback: null,
    });
    expect(await own.controller.deploy({ ...KEY, version: '1.1.0' }, BY)).toEqual({
      deployment: null,
      plan: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await own.controller.releases(KEY)).toMatchObject([
      { version: '1.1.0', deployment: 'hello-2', refused: 'it is what completed last' },
      { version: '1.0.0', deployment: 'hello-1', refused: null },
    ]);
    const back = await own.controller.rollback(KEY, BY);
    expect(back).toEqual({ deployment: 'hello-3' });
    await followed(own.controller, 'hello-3');
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('sees and signals what the command line deploys', async () => {
    await using project = await helloProject({ strategy: GATED });
    await using own = await openController(project.dir);
    await using cli = project.start('deploy', 'hello', '1.1.0');
    await waitFor('the gate', () => /sluice approve hello-2/.test(cli.stdout));
    const fleet = await waitFor('the fleet to be seen', async () => {
      const seen = await own.controller.fleet();
      return seen.services[0]?.needs.length === 1 && seen;
    });
    expect(fleet.services[0]?.needs).toEqual(['hello-2 waits for approval: "Looks good?"']);
    expect(fleet.services[0]?.status).toMatchObject({ unfinished: { id: 'hello-2', attended: true } });
    expect(await own.controller.signal('hello-2', { signal: 'abort' }, BY)).toMatchObject({ received: true });
    expect((await cli.ended).exitCode).toBe(5);
    const after = await waitFor('the fleet to be seen again', async () => {
      const { services } = await own.controller.fleet();
      return (
        services[0]?.status?.unfinished === null && services[0].status.last?.id === 'hello-2' && services
      );
    });
    expect(after[0]?.needs).toEqual([]);
    expect(await own.controller.signal('hello-2', { signal: 'abort' }, BY)).toMatchObject({
      received: false,
      outcome: 'aborted',
    });
  });

  test('goes on with what a killed one has left, and a stopped one hands over', async () => {
    await using project = await helloProject({ strategy: GATED });
    const load = project.load();
    await using first = startController(project.dir);
    await waitFor('the first to be open', () => first.stdout.includes('open'));
    await using own = await openController(project.dir);
    await own.controller.deploy({ ...KEY, version: '1.1.0' }, BY);
    const toGate = await followed(own.controller, 'hello-2', isStep);
    expect(toGate.length).toBeGreaterThan(1);
    await own[Symbol.asyncDispose]();
    expect(own.lines).toEqual(['hello-2 is left as it is, for whoever takes it up']);
    await waitFor('the first to take it up', () => first.stdout.includes('hello-2 (1.1.0) was left'));
    await using second = startController(project.dir);
    await waitFor('the second to be open', () => second.stdout.includes('open'));
    first.kill('SIGKILL');
    await first.ended;
    await waitFor('the second to take it up', () => second.stdout.includes('hello-2 (1.1.0) was left'));
    await using watcher = await openController(project.dir);
    await waitFor('the gate', async () => (await watcher.controller.deployment('hello-2')).gate !== null);
    const following = followed(watcher.controller, 'hello-2', undefined, toGate.at(-1)?.seq);
    await watcher.controller.signal('hello-2', { signal: 'approve' }, 'bob');
    const rest = await following;
    expect(rest.at(-1)?.event).toMatchObject({ type: 'deployment-finished', outcome: 'completed' });
    expect(rest[0]?.seq).toBe((toGate.at(-1)?.seq ?? 0) + 1);
    const { controllers } = (await watcher.controller.deployment('hello-2')).account;
    expect(controllers.length).toBe(3);
    second.kill('SIGTERM');
    expect((await second.ended).exitCode).toBe(0);
    expect(await load.stop()).toMatchObject({ lost: 0 });
  });
});

describe.concurrent('besides', () => {
  test('plans are kept, shown and applied; a stale one is refused', async () => {
    await using project = await helloProject();
    await using own = await openController(project.dir);
    const { controller } = own;
    const { plan, nothing, preview } = await controller.plan({ ...KEY, version: '1.1.0' });
    expect([plan.release.version, nothing, preview.steps.length]).toEqual([
      '1.1.0',
      false,
      plan.steps.length,
    ]);
    expect((await controller.savedPlan(plan.digest.slice(0, 8))).plan).toEqual(plan);
    expect(await controller.apply(plan.digest, BY)).toEqual({ deployment: 'hello-2' });
    const events = await followed(controller, 'hello-2');
    expect(events.at(-1)?.event).toMatchObject({ outcome: 'completed' });
    await waitFor('it to be let go', () => controller.running.length === 0);
    await expect(controller.apply(plan.digest, BY)).rejects.toMatchObject({ code: 'STALE_PLAN' });
    await expect(controller.apply('ffff', BY)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(await controller.compare('hello-1', 'hello-2')).toMatchObject({
      version: { from: '1.0.0', to: '1.1.0' },
      outcome: null,
      differs: true,
    });
    const page = await controller.deployments({ ...KEY, limit: 1 });
    expect(page.items.map(({ id }) => id)).toEqual(['hello-2']);
    const rest = await controller.deployments({ ...KEY, limit: 1 }, page.cursor ?? undefined);
    expect([rest.items.map(({ id }) => id), rest.cursor]).toEqual([['hello-1'], null]);
  });

  test('a release that is not good is rolled back, and stays what the fleet page asks a person for', async () => {
    await using project = await helloProject();
    project.build('1.2.0-broken');
    await using own = await openController(project.dir);
    const { controller } = own;
    const never = new AbortController().signal;
    const watching = controller.changes(never);
    await controller.deploy({ ...KEY, version: '1.2.0' }, BY);
    await followed(controller, 'hello-2');
    const told: string[] = [];
    for await (const change of watching) {
      if (change.kind === 'deployment') told.push(`${change.summary.id} ${change.summary.outcome}`);
      else if (change.service.needs[0]?.startsWith('hello-2 (1.2.0) was rolled back') === true) break;
    }
    expect(told.at(-1)).toBe('hello-2 rolled-back');
    expect((await controller.deployment('hello-2')).refused.rollback).toBe('it has been taken back already');
    const lines = await controller.logs(KEY, 5, 'hello.1');
    expect(new Set(lines.map(({ target }) => target))).toEqual(new Set(['hello.1']));
    const ending = new AbortController();
    const seen: string[] = [];
    for await (const { target } of controller.followLogs(KEY, 5, undefined, ending.signal)) {
      seen.push(target);
      if (new Set(seen).size === 2) ending.abort();
    }
    expect(new Set(seen)).toEqual(new Set(['hello.1', 'hello.2']));
    expect((await controller.doctor(KEY)).filter(({ ok }) => !ok)).toEqual([]);
    const status = await controller.status(KEY, true, never);
    expect([status.well, status.last?.id]).toEqual([true, 'hello-2']);
    expect(await controller.reconcile(KEY, BY)).toMatchObject({ deployment: null });
    expect(await controller.stop(KEY, BY)).toBe(true);
    expect(await controller.stop(KEY, BY)).toBe(false);
    await expect(controller.stop({ ...KEY, service: 'nothing' }, BY)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('a copy that was pruned cannot be gone back to', async () => {
    await using project = await helloProject({ policy: 'healthTimeout: 3s, keepReleases: 1' });
    await project.deploy('1.1.0');
    for (const version of ['1.1.1', '1.1.2', '1.1.3']) {
      expect((await project.sluice('deploy', 'hello', version)).exitCode).toBe(0);
    }
    await using own = await openController(project.dir);
    const releases = await own.controller.releases(KEY);
    expect(releases.map(({ version, refused }) => [version, refused])).toEqual([
      ['1.1.3', 'it is what completed last'],
      ['1.1.2', null],
      // Their copies are gone as well, but the folder is still what they were.
      ['1.1.1', null],
      ['1.1.0', null],
      ['1.0.0', 'its copy has been pruned: deploy this version again from a build'],
    ]);
    await own.controller.rollback({ ...KEY, version: '1.0.0' }, BY);
    const events = await followed(own.controller, 'hello-6');
    expect(events.at(-1)?.event).toMatchObject({ type: 'deployment-finished', outcome: 'rolled-back' });
    await waitFor('it to be let go', () => own.controller.running.length === 0);
    expect(await own.controller.rollback({ ...KEY, version: '1.1.2' }, BY)).toEqual({
      deployment: 'hello-7',
    });
    expect((await followed(own.controller, 'hello-7')).at(-1)?.event).toMatchObject({ outcome: 'completed' });
  });
});
