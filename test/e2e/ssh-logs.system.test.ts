import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import type { StartedProcess } from '../support/run-process.ts';
import { type SshFleet, startSshFleet } from '../support/ssh-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { SshProject } from './ssh-project.ts';

describe.runIf(requiresSshFleet())('sluice logs on servers', () => {
  let fleet: SshFleet;
  let project: SshProject;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 2 });
    project = await SshProject.create({ fleet });
    await project.deploy('1.0.0');
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  const ask = async (index: number, path: string) => {
    await fetch(`http://${fleet.hosts[index]?.address}:8080/${path}`).then((answer) => answer.text());
  };
  const prints = (process: StartedProcess, line: string) =>
    waitFor(line, () => process.stdout.includes(`${line}\n`), { timeoutMs: 20_000 });
  const logins = async () => {
    const all = await Promise.all(fleet.hosts.map((host) => host.processes()));
    return all.flat().filter(({ argv }) => argv[0]?.includes('@notty')).length;
  };

  test('the tail of each, or of one host; one that is not there is named', async () => {
    const { stdout } = await project.sluice('logs', 'h002', '-n', '1000');
    expect(stdout).toMatch(/^h002 1\.0\.0 │ version 1\.0\.0 listens\n(h002 1\.0\.0 │ asked for \/\n)+$/);
    await fleet.hosts[0]?.killSshd();
    const some = await project.sluice('logs', '-n', '1000');
    await fleet.hosts[0]?.startSshd();
    expect([some.exitCode, some.stdout]).toEqual([1, stdout]);
    expect(some.stderr).toContain('cannot log in to h001: nothing listens there');
  });

  test('followed, each line comes with its host, over a lost connection and into the next release', async () => {
    await using following = project.start('logs', '-f', '-n', '1');
    await waitFor('both to be followed', async () => (await logins()) === 2);
    await waitFor('the first look', async () => {
      await ask(0, 'first');
      return following.stdout.includes('h001 1.0.0 │ asked for /first\n');
    });
    await waitFor('the other', async () => {
      await ask(1, 'second');
      return following.stdout.includes('h002 1.0.0 │ asked for /second\n');
    });
    await fleet.hosts[1]?.killSshd();
    await waitFor('the loss to be said', () => /h002.*; trying again\n/.test(following.stderr));
    await ask(1, 'meanwhile');
    await ask(0, 'other');
    await prints(following, 'h001 1.0.0 │ asked for /other');
    await fleet.hosts[1]?.startSshd();
    await prints(following, 'h002 1.0.0 │ asked for /meanwhile');
    expect(following.stderr).toContain('h002 answers again\n');

    await project.deploy('2.0.0');
    await prints(following, 'h001 2.0.0 │ version 2.0.0 listens');
    await prints(following, 'h002 2.0.0 │ version 2.0.0 listens');
    following.kill('SIGINT');
    expect((await following.ended).exitCode).toBe(0);
    await waitFor('nothing of it to be left', async () => (await logins()) === 0);
    const lines = following.stdout.split('\n');
    expect(lines.filter((line) => line.includes('/meanwhile')).length).toBe(1);
  });
});
