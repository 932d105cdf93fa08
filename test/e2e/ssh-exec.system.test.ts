import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import { type SshFleet, startSshFleet } from '../support/ssh-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { SshProject } from './ssh-project.ts';

interface Ended {
  readonly target: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: { readonly message: string } | null;
}

describe.runIf(requiresSshFleet())('sluice exec', () => {
  let fleet: SshFleet;
  let project: SshProject;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 3 });
    project = await SshProject.create({
      fleet,
      more: '    secrets: [API_KEY]\n    env: { MODE: "it\'s $x" }',
    });
    project.setVariable('API_KEY', 'hunter2-$&');
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  async function json(...args: string[]): Promise<[exitCode: number | null, Ended[]]> {
    const at = args.indexOf('--');
    const { exitCode, stdout } = await project.sluice(
      'exec',
      ...args.slice(0, at),
      '--json',
      ...args.slice(at),
    );
    return [exitCode, (JSON.parse(stdout) as { targets: Ended[] }).targets];
  }

  test('before anything was deployed there is nowhere to run it', async () => {
    const { exitCode, stderr } = await project.sluice('exec', 'h001', '--', 'true');
    expect(exitCode).toBe(11);
    expect(stderr).toContain('h001: could not run a command: nothing was ever deployed there');
  });

  test('a command gets its words as they are, the folder of the release, and the environment of the service', async () => {
    await project.deploy('1.0.0');
    const words = ['a b', '$HOME', "it's", '`x`', '', '--', '-n', 'two\nlines', 'größe'];
    const [exitCode, all] = await json('--', 'printf', '%s|', ...words);
    expect([exitCode, all.map(({ target, stdout }) => [target, stdout])]).toEqual([
      0,
      fleet.hosts.map(({ name }) => [name, `${words.join('|')}|`]),
    ]);
    const line = 'pwd; echo "$PORT $SLUICE_VERSION $MODE"; echo "key $API_KEY" >&2; id -un';
    const [, [seen]] = await json('h002', '--', 'sh', '-c', line);
    expect(seen).toMatchObject({ exitCode: 0, signal: null, error: null, stderr: 'key [API_KEY]\n' });
    expect(seen?.stdout).toMatch(
      /^\/home\/deploy\/apps\/api\/releases\/1\.0\.0-\w{12}\n8080 1\.0\.0 it's \$x\ndeploy\n$/,
    );
  });

  test('each line has its host; where it fails is named at the end, and the others are not held up', async () => {
    const line = 'echo hello; case $(hostname) in h002) echo bad >&2; exit 3 ;; h003) kill -KILL $$ ;; esac';
    const { exitCode, stdout, stderr } = await project.sluice('exec', 'api', '--', 'sh', '-c', line);
    expect(exitCode).toBe(11);
    expect(stdout.split('\n').toSorted()).toEqual(['', 'h001 │ hello', 'h002 │ hello', 'h003 │ hello']);
    // The shell of the session has a word to say of who was killed.
    expect(stderr.replace('h003 │ Killed\n', '')).toBe(
      'h002 │ bad\n✗ it failed on 2 of 3 targets\n  h002  exit code 3\n  h003  SIGKILL\n',
    );
  });

  test('a host that cannot be reached is named, and the others run it', async () => {
    await fleet.hosts[1]?.killSshd();
    const [exitCode, all] = await json('--on', 'h001', '--on', 'h002', '--', 'hostname');
    await fleet.hosts[1]?.startSshd();
    expect(exitCode).toBe(11);
    expect(all).toEqual([
      { target: 'h001', exitCode: 0, signal: null, stdout: 'h001\n', stderr: '', error: null },
      expect.objectContaining({ target: 'h002', exitCode: null, stdout: '' }),
    ]);
    expect(all[1]?.error?.message).toMatch(/^cannot log in to h002: nothing listens there/);
  });

  const sleeping = async (seconds: string) => {
    const all = await Promise.all(fleet.hosts.map((host) => host.processes()));
    return all.flat().filter(({ argv }) => argv[0] === 'sleep' && argv[1] === seconds).length;
  };

  test('what takes too long is killed on the hosts', async () => {
    const [exitCode, all] = await json('--timeout', '1s', '--', 'sleep', '4711');
    expect(exitCode).toBe(11);
    expect(all.map(({ error }) => error?.message)).toEqual(
      fleet.hosts.map(() => 'it did not end within 1s, and was killed'),
    );
    expect(await sleeping('4711')).toBe(0);
  });

  test('Ctrl-C ends it on the hosts too', async () => {
    await using started = project.start('exec', '--', 'sleep', '4712');
    await waitFor('it to run everywhere', async () => (await sleeping('4712')) === 3);
    started.kill('SIGINT');
    const { exitCode, stderr } = await started.ended;
    expect(exitCode).toBe(11);
    expect(stderr).toContain('h001  it was interrupted, and was killed');
    expect(await sleeping('4712')).toBe(0);
  });

  test.each([
    [['exec', 'api'], 'there is no command to run'],
    [['exec', '--on', 'h009', '--', 'true'], 'api has no target "h009"'],
    [['exec', 'h009', '--', 'true'], 'there is no service or target "h009"'],
    [['exec', '--timeout', 'soon', '--', 'true'], '"soon" is no time to wait for a command'],
    [['exec', '--', '-x'], '"-x" is no program'],
  ])('%j is refused', async (args, message) => {
    const { exitCode, stderr } = await project.sluice(...args);
    expect([exitCode, stderr.includes(message)]).toEqual([2, true]);
  });
});
