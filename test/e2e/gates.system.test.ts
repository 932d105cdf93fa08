/** Gates that several people answer, each from a terminal of their own. */
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { Upgrade } from './upgrade.ts';

const TWO_OF_THREE =
  '{ type: canary, bake: 100ms, stages: [{ percent: 50, gate: { name: Looks good?, approvals: 2, approvers: [ann, bob, carl] } }, 100] }';

/** One answers with `--as`, another has said who they are in their profile. */
const asAnn = { env: { SLUICE_USER: 'ann' } } as const;

describe.concurrent('two of three people', () => {
  test('open a gate; each is on record with the account, the reason and the plan', async () => {
    await using upgrade = await Upgrade.waiting(TWO_OF_THREE);
    const { project, controller } = upgrade;
    await using watcher = project.start('watch');
    const { stdout } = await project.sluiceWith(asAnn, 'approve', '-m', 'numbers look good');
    expect(stdout).toBe('hello-2: approve received, 1 of 2 approved. Watch it: sluice watch hello-2\n');

    const status = await project.sluice('status');
    expect(status.stdout).toMatch(
      /1 of 2 approved \(ann \(as \S+\)\), until (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC, who may: ann, bob, carl/,
    );
    const [service] = JSON.parse((await project.sluice('status', '--json')).stdout).services;
    const gate = { needed: 2, approvers: ['ann', 'bob', 'carl'], deadline: expect.any(Number) };
    expect(service.unfinished.gate).toMatchObject(gate);
    expect((await project.sluice('show')).stdout).toMatch(/asks +"Looks good\?", 1 of 2 approved \(ann/);
    await waitFor('the watcher to see it', () => watcher.stdout.includes('1 of 2 approved (ann'));

    const twice = await project.sluiceWith(asAnn, 'approve');
    expect([twice.exitCode, twice.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot approve hello-2: already approved by ann \(as \S+\); 1 of 2/),
    ]);
    const stranger = await project.sluice('promote', '--as', 'dora');
    expect([stranger.exitCode, stranger.stderr]).toEqual([
      2,
      expect.stringMatching(/"Looks good\?" is for ann, bob, carl to answer, not for dora \(as \S+\)/),
    ]);

    const { stdout: answer } = await project.sluice('approve', '--as', 'bob', '--json');
    const [created] = await upgrade.events();
    const digest = created?.type === 'deployment-created' ? created.plan.digest : '';
    expect(JSON.parse(answer)).toMatchObject({
      deployment: 'hello-2',
      signal: 'approve',
      received: true,
      by: expect.stringMatching(/^bob \(as \S+@\S+\)$/),
      plan: digest,
      gate: { question: 'Looks good?', needed: 2, approvals: [{}, {}] },
    });
    const done = await controller.ended;
    expect([done.exitCode, (await watcher.ended).exitCode]).toEqual([0, 0]);
    expect(done.stdout).toMatch(/ok .+ approved by ann \(as \S+\) and bob \(as \S+\)/);
    const obeyed = (await upgrade.events()).flatMap((event) =>
      event.type === 'signal-received' && event.refused === undefined ? [event.signal] : [],
    );
    expect(obeyed).toEqual([
      { signal: 'approve', by: expect.stringMatching(/^ann \(as /), digest, reason: 'numbers look good' },
      { signal: 'approve', by: expect.stringMatching(/^bob \(as /), digest },
    ]);
  });

  test('one no of one of them turns it back', async () => {
    await using upgrade = await Upgrade.waiting(TWO_OF_THREE);
    const { project, controller } = upgrade;
    await project.sluiceWith(asAnn, 'approve');
    const rejected = await project.sluice('reject', '--as', 'carl', '-m', 'errors doubled', '--json');
    expect(JSON.parse(rejected.stdout)).toMatchObject({ signal: 'reject', received: true });
    const { exitCode, stdout } = await controller.ended;
    expect([exitCode, stdout]).toEqual([
      3,
      expect.stringMatching(/cause +"Looks good\?" rejected by carl \(as \S+\): errors doubled/),
    ]);
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('a promote of everything by one of them is one yes', async () => {
    await using upgrade = await Upgrade.waiting(TWO_OF_THREE);
    const { project, controller } = upgrade;
    const { stdout } = await project.sluiceWith(asAnn, 'promote', '--full');
    expect(stdout).toContain('promote received, 1 of 2 approved.');
    await project.sluice('approve', '--as', 'bob');
    expect((await controller.ended).stdout).toMatch(/approved by bob \(as \S+\), promoted by ann \(as \S+\)/);
    expect((await project.ask()).version).toBe('1.1.0');
  });
});

test.concurrent('an answer to another plan is refused, one to this plan is taken', async () => {
  await using upgrade = await Upgrade.waiting();
  const { project, controller } = upgrade;
  const digest = /plan ([0-9a-f]{8})/.exec((await project.sluice('show', 'hello-2')).stdout)?.[1] ?? '';
  const other = await project.sluice('approve', '--plan', digest === 'ffffff' ? '000000' : 'ffffff');
  expect([other.exitCode, other.stderr.split('\n')[0]]).toEqual([
    7,
    `✗ hello-2 executes plan ${digest}, not ffffff`,
  ]);
  const nonsense = await project.sluice('approve', '--plan', '');
  expect([nonsense.exitCode, nonsense.stderr]).toEqual([
    2,
    expect.stringContaining('is not the digest of a plan'),
  ]);
  expect((await project.sluice('approve', '--plan', digest)).exitCode).toBe(0);
  expect((await controller.ended).exitCode).toBe(0);
});

test.concurrent('who says a name that could be taken for another is refused', async () => {
  await using upgrade = await Upgrade.waiting();
  const { project } = upgrade;
  for (const verb of ['approve', 'abort', 'pause']) {
    const { exitCode, stderr } = await project.sluice(verb, '--as', 'ann (as root@host)');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('--as: "ann (as root@host)" is not a name'),
    ]);
  }
});
