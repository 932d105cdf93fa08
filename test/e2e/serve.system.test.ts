/** `sluice serve` on a real project: where it listens, its tokens, deploying through it, and what happens when it goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { ENDPOINTS } from '../../src/server/api/endpoints.ts';
import { HelloProject } from './hello-project.ts';
import { adminToken, type RunningServer, serve } from './serve-project.ts';

const GATED = '{ type: canary, bake: 100ms, stages: [50, { percent: 80, gate: "Looks good?" }, 100] }';

async function helloProject(strategy = GATED): Promise<HelloProject> {
  const project = await HelloProject.create({ instances: 2, strategy });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  return project;
}

describe('where it listens', () => {
  test('beyond this machine not without a token, and it says how to make one', async () => {
    await using project = await HelloProject.create();
    const { exitCode, stderr } = await project.sluice('serve', '--host', '0.0.0.0');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('sluice token create --name ann --role admin'),
    ]);
  });

  test('on this machine it makes the first token, once, and with it one may everything', async () => {
    await using project = await HelloProject.create();
    const first = project.start('serve', '--port', '0', '--json');
    await expect.poll(() => first.stdout, { timeout: 10_000 }).toContain('}');
    const { url, token } = JSON.parse(first.stdout) as { url: string; token: string };
    const answer = await fetch(new URL('/api/v1/session', url), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toMatchObject({ grants: [{ environment: '*', role: 'admin' }] });
    const busy = await project.sluice('serve', '--port', new URL(url).port);
    expect([busy.exitCode, busy.stderr]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
    first.kill('SIGINT');
    expect((await first.ended).exitCode).toBe(0);
    await using second = await serve(project, token);
    expect(second.process.stdout).not.toContain('slu_');
    const { stdout } = await project.sluice('token', 'list', '--json');
    const { tokens } = JSON.parse(stdout) as { tokens: { id: string }[] };
    expect(tokens).toHaveLength(1);
    expect((await second.fetch('/api/v1/fleet')).status).toBe(200);
    await project.sluice('token', 'revoke', tokens[0]?.id ?? '');
    expect((await second.fetch('/api/v1/fleet')).status).toBe(401);
  });
});

describe('the verb token', () => {
  test.each([
    [['create', '--role', 'admin'], 'a token needs the name of whose it is'],
    [['create', '--name', 'ann (as root@x)', '--role', 'admin'], 'a token needs the name'],
    [['create', '--name', 'ann'], 'a token without a role may nothing'],
    [['create', '--name', 'ann', '--role', 'king'], 'has no role in it'],
    [['create', '--name', 'ann', '--grant', 'moon=viewer'], 'there is no environment "moon"'],
    [['create', '--name', 'ann', '--role', 'viewer', '--expires', 'soon'], 'is not a duration'],
    [['create', '--name', 'ci', '--trigger', 'none'], 'there is no service "none"'],
    [['revoke'], 'it has to be said which token'],
    [['revoke', 'abc'], 'there is no token "abc"'],
    [['steal'], 'is nothing that can be done with a token'],
  ])('refuses %j', async (args, message) => {
    await using project = await HelloProject.create();
    const { exitCode, stderr } = await project.sluice('token', ...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

/** Follows as a browser does: again after each break, from the last event that it saw. */
async function watched(server: () => RunningServer, id: string): Promise<number[]> {
  const seen: number[] = [];
  const stream = { ended: false };
  const parser = () =>
    createParser({
      onEvent: ({ event, id: seq }) => {
        if (event === 'end') stream.ended = true;
        else seen.push(Number(seq));
      },
    });
  while (!stream.ended) {
    try {
      const headers = { 'last-event-id': String(seen.at(-1) ?? 0) };
      const answer = await server().fetch(`/api/v1/deployments/${id}/stream`, { headers });
      const feed = parser();
      for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) feed.feed(part);
    } catch {
      // It was killed: once more, when it is back.
    }
    if (!stream.ended) await sleep(50);
  }
  return seen;
}

test('stopped in the middle it leaves the deployment, and the next one goes on with it by itself', async () => {
  await using project = await helloProject();
  const token = await adminToken(project);
  const first = await serve(project, token);
  const begun = await first.ask<{ deployment: string }>('POST', '/api/v1/deployments', {
    service: 'hello',
    version: '1.1.0',
  });
  expect(begun).toEqual({ deployment: 'hello-2' });
  await first.until('hello-2', 'at its gate', ({ gate }) => gate !== null);
  first.process.kill('SIGTERM');
  const { exitCode, stderr } = await first.process.ended;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('SIGTERM: stopping')]);
  await using second = await serve(project, token);
  await second.until('hello-2', 'looked after again', ({ attended }) => attended);
  await second.ask('POST', '/api/v1/deployments/hello-2/signals', { signal: 'approve' });
  const { summary } = await second.until('hello-2', 'its end', (view) => view.summary.outcome !== null);
  expect(summary).toMatchObject({ outcome: 'completed', by: 'ann' });

  const plan = (await second.ask<{ plan: { digest: string } }>('GET', '/api/v1/deployments/hello-2')).plan
    .digest;
  for (const [operation, path] of [
    ['deployment', 'deployments/hello-2'],
    ['events', 'deployments/hello-2/events'],
    ['deployments', 'deployments?ended=true'],
    ['compare', 'comparisons?from=hello-1&to=hello-2'],
    ['fleet', 'fleet'],
    ['status', 'services/hello/status'],
    ['releases', 'services/hello/releases'],
    ['logs', 'services/hello/logs'],
    ['doctor', 'services/hello/doctor'],
    ['audit', 'audit'],
  ] as const) {
    const said = await second.ask('GET', `/api/v1/${path}`);
    expect([operation, ENDPOINTS[operation].answers[200]?.parse(said)]).toEqual([operation, said]);
  }
  const made = await second.ask('POST', '/api/v1/plans', {
    service: 'hello',
    version: '1.0.0',
    rollback: true,
  });
  expect(ENDPOINTS.makePlan.answers[201]?.parse(made)).toEqual(made);
  expect((await second.fetch(`/api/v1/plans/${plan}`)).status).toBeLessThan(500);
});

test('killed in the middle under load, the service serves on, and whoever watched misses nothing', async () => {
  await using project = await helloProject('{ type: canary, bake: 700ms, stages: [50, 100] }');
  const token = await adminToken(project);
  const first = await serve(project, token);
  let current = first;
  const load = project.load();
  await first.ask('POST', '/api/v1/deployments', { service: 'hello', version: '1.1.0' });
  const seen = watched(() => current, 'hello-2');
  await first.until('hello-2', 'in the middle', ({ summary }) => summary.seq > 12);
  first.process.kill('SIGKILL');
  await first.process.ended;
  await using second = await serve(project, token);
  current = second;
  const { summary } = await second.until('hello-2', 'its end', (view) => view.summary.outcome !== null);
  expect(summary.outcome).toBe('completed');
  expect(await seen).toEqual(Array.from({ length: summary.seq }, (_, index) => index + 1));
  expect((await load.stop()).lost).toBe(0);
  expect((await project.ask()).version).toBe('1.1.0');
});
