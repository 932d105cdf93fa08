/** Abort always wins: over what was asked before and with it, twice, on the way back, and without a controller. */
import { describe, expect, test } from 'vitest';
import type { Signal } from '../../src/domain/event.ts';
import { waitFor } from '../support/wait-for.ts';
import { Upgrade } from './upgrade.ts';

/** Two bakes of 30 s, and then a gate that only bob opens. */
const HELD =
  '{ type: canary, bake: 30s, stages: [50, { percent: 80, gate: { name: Really?, approvers: [bob] } }, 100] }';

describe.concurrent('abort', () => {
  test('after promote --full ends on the old version, and loses nothing', async () => {
    await using upgrade = await Upgrade.baking({ strategy: HELD });
    const { project, controller } = upgrade;
    const load = project.load();
    expect((await project.sluice('promote', '--full')).exitCode).toBe(0);
    // It skips both bakes, and not the gate that is not theirs to open.
    await upgrade.shows(/ask "Really\?"/);
    expect((await project.sluice('abort', '-m', 'not today')).exitCode).toBe(0);
    const { exitCode, stdout } = await controller.ended;
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/cause +aborted by .+: not today/);
    const answers = await Promise.all(Array.from({ length: 20 }, () => project.ask()));
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['1.0.0']));
    const { lost, versions } = await load.stop();
    expect([lost, [...versions.keys()].toSorted()]).toEqual([0, ['1.0.0', '1.1.0']]);
  });

  test.each([
    ['before', 'promote'],
    ['after', 'promote'],
    ['before', 'approve'],
    ['after', 'approve'],
  ] as const)('in one moment with what is asked %s it: %s', async (order, name) => {
    await using upgrade = await (name === 'promote' ? Upgrade.baking() : Upgrade.waiting());
    const other: Signal = { signal: name, by: 'ann', ...(name === 'promote' ? { full: true } : {}) };
    const abort: Signal = { signal: 'abort', by: 'bob' };
    await upgrade.withJournal(async (journal) => {
      for (const signal of order === 'before' ? [other, abort] : [abort, other]) {
        await journal.signal('hello-2', signal, Date.now());
      }
    });
    expect((await upgrade.controller.ended).exitCode).toBe(5);
    expect((await upgrade.project.ask()).version).toBe('1.0.0');
    const received = (await upgrade.events()).filter((event) => event.type === 'signal-received');
    expect(received.map(({ refused }) => refused)).toEqual(
      order === 'before' ? [undefined, undefined] : [undefined, 'it was aborted by bob'],
    );
  });

  test('twice is no mistake, also when it is back already', async () => {
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "2"] }] }';
    await using upgrade = await Upgrade.baking({ more });
    const { project, controller } = upgrade;
    await project.sluice('abort', '--as', 'ann');
    const second = await project.sluice('abort', '--as', 'bob');
    expect([second.exitCode, second.stdout]).toEqual([
      0,
      expect.stringMatching(/^hello-2: abort received; it was aborted by ann \(as \S+\)\. Watch it/),
    ]);
    expect((await controller.ended).stdout).toMatch(/cause +aborted by ann \(as/);
    const third = await project.sluice('abort', 'hello-2');
    expect([third.exitCode, third.stdout]).toEqual([
      0,
      expect.stringMatching(/^hello-2: it has been rolled back already \(aborted by ann/),
    ]);
    const json = await project.sluice('abort', 'hello-2', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ received: false, outcome: 'aborted' });
    const retry = await project.sluice('retry', 'hello-2');
    expect([retry.exitCode, retry.stderr]).toEqual([
      2,
      expect.stringMatching(
        /the deployment has ended: aborted\n +Deploy it again: sluice deploy hello 1\.1\.0\./,
      ),
    ]);
  });

  test('while it rolls back after a failure says that a person aborted it, and nothing is tried again', async () => {
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "3"] }] }';
    await using upgrade = await Upgrade.waiting();
    const { project } = upgrade;
    project.configure({ more });
    await project.sluice('approve');
    await upgrade.controller.ended;
    project.build('1.2.2-crash');
    await using broken = project.start('deploy', 'hello', '1.2.2');
    await waitFor('the rollback', () => broken.stdout.includes('rolling back'));
    expect((await project.sluice('abort', '-m', 'enough')).exitCode).toBe(0);
    const promoted = await project.sluice('promote', '--full');
    expect([promoted.exitCode, promoted.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot promote hello-3: it was aborted by \S+: enough; before that hello\.1/),
    ]);
    const { exitCode, stdout } = await broken.ended;
    expect(exitCode).toBe(5);
    expect(stdout).toContain('was aborted and rolled back');
    expect((await project.ask()).version).toBe('1.1.0');
  });

  test('by two people whose controller is gone: one goes back with it, both are heard', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    await upgrade.kill();
    const both = await Promise.all(
      ['ann', 'bob'].map((name) => project.sluice('abort', 'hello-2', '--as', name)),
    );
    for (const { exitCode } of both) expect([0, 5]).toContain(exitCode);
    await waitFor('the end', async () => (await project.history())[0] === 'hello-2 1.1.0 aborted');
    expect((await project.ask()).version).toBe('1.0.0');
  });
});
