/** What every kind of shell on a host does alike: the local one of the tests, and a real sshd. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RemoteShell } from '../../../src/platforms/ssh/remote-shell.ts';

const never = new AbortController().signal;
const ok = { exitCode: 0, signal: null, stderr: '' };

export function shellCases(shell: () => RemoteShell): void {
  const run = (script: string, input?: Uint8Array) =>
    shell().run(script, { signal: never, ...(input === undefined ? {} : { input }) });

  test('output, errors and exit code come apart', async () => {
    const result = await run('printf out; printf err >&2; exit 7');
    expect(result).toEqual({ exitCode: 7, signal: null, stdout: 'out', stderr: 'err' });
  });

  test('a script sees nothing of another, and nothing of what runs it', async () => {
    await run('mine=1; cd /; set -e; exit 3');
    const result = await run(
      'printf "%s|%s|%s" "$mine" "$(set | grep -c ^sluice_)" "$#"; false; printf "|on"',
    );
    expect(result).toEqual({ ...ok, stdout: '|0|0|on' });
  });

  test('standard input without an input is empty', async () => {
    expect(await run('cat; echo end')).toEqual({ ...ok, stdout: 'end\n' });
  });

  test('the shell stands after a syntax error, an exec and an exit in a function', async () => {
    expect((await run('if then')).exitCode).toBe(2);
    expect(await run('exec echo replaced')).toEqual({ ...ok, stdout: 'replaced\n' });
    expect((await run('f() { exit 9; }; f')).exitCode).toBe(9);
  });

  test.each([
    ['the last command of the script', "sh -c 'kill -KILL $$'", 'SIGKILL'],
    ['the shell of the script', 'kill -KILL $$; sleep 5', 'SIGKILL'],
    ['its whole group', 'kill -TERM 0; sleep 5', 'SIGTERM'],
  ])('a signal that ends %s is a failure with its name', async (_, script, signal) => {
    const result = await run(script);
    expect([result.exitCode, result.signal]).toEqual([null, signal]);
    expect((await run('echo on')).stdout).toBe('on\n');
  });

  test('10 MB of output arrive whole', async () => {
    const { stdout } = await run(
      'head -c 10000000 /dev/zero | tr "\\0" x; head -c 1000 /dev/zero | tr "\\0" e >&2',
    );
    expect([stdout.length, /^x*$/.test(stdout)]).toEqual([10_000_000, true]);
  });

  test('binary input arrives to the byte, and the next script behind it', async () => {
    const input = Uint8Array.from({ length: 3_000_001 }, (_, index) => (index * 7919) >> 3);
    const digest = createHash('sha256').update(input).digest('hex');
    expect((await run('sha256sum', input)).stdout).toBe(`${digest}  -\n`);
    expect((await run('echo next')).stdout).toBe('next\n');
  });

  test('an input that the script does not read is passed over', async () => {
    const input = new Uint8Array(2_000_000).fill(10);
    expect(await run('head -c 3 | wc -c; exit 4', input)).toEqual({ ...ok, exitCode: 4, stdout: '3\n' });
    expect((await run('echo next')).stdout).toBe('next\n');
  });

  test('an input may come in pieces, and has to have the announced length', async () => {
    async function* pieces() {
      yield Buffer.from('one,');
      yield Buffer.from('two');
    }
    const whole = await shell().run('cat', { signal: never, input: pieces(), inputBytes: 7 });
    expect(whole.stdout).toBe('one,two');
    const short = shell().run('cat; sleep 5', { signal: never, input: pieces(), inputBytes: 8 });
    await expect(short).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const long = shell().run('cat; sleep 5', { signal: never, input: pieces(), inputBytes: 6 });
    await expect(long).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect((await run('echo next')).stdout).toBe('next\n');
  });

  test('scripts that come at once run one after the other', async () => {
    const results = await Promise.all([
      run('sleep 0.2; echo a'),
      run('echo b'),
      run('exit 3'),
      run('echo d'),
    ]);
    expect(results.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
      [0, 'a\n'],
      [0, 'b\n'],
      [3, ''],
      [0, 'd\n'],
    ]);
  });

  test('a cancelled script is dead, with what it started, and the next one runs', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const marker = `31${Date.now() % 100_000}`;
    const running = shell().run(`(trap "" TERM; sleep ${marker}) & sleep ${marker}`, {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 500);
    await expect(running).rejects.toBe(reason);
    expect((await run(`ps ax -o args | grep -c "^sleep ${marker}" || :`)).stdout).toBe('0\n');
  });

  test('a look that nobody waits for any more ends by itself, and its connection is kept', async () => {
    const { stdout: session } = await run('echo "$PPID"');
    const controller = new AbortController();
    const looking = shell().run('sleep 0.5', { signal: controller.signal, looks: true });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(looking).rejects.toThrow('enough');
    expect((await run('echo "$PPID"')).stdout).toBe(session);
  });

  test('a look that does not end by itself is killed once nobody waits for it', async () => {
    const controller = new AbortController();
    const marker = `32${Date.now() % 100_000}`;
    const looking = shell().run(`sleep ${marker}`, { signal: controller.signal, looks: true });
    setTimeout(() => controller.abort(new Error('enough')), 500);
    await expect(looking).rejects.toThrow('enough');
    expect((await run(`ps ax -o args | grep -c "^sleep ${marker}" || :`)).stdout).toBe('0\n');
  });

  test('a script that waits for another can be cancelled before it began', async () => {
    const controller = new AbortController();
    const first = run('sleep 0.5; echo first');
    const second = shell().run('echo never > /tmp/sluice-never', { signal: controller.signal });
    const third = run('test -e /tmp/sluice-never || echo third');
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    expect([(await first).stdout, (await third).stdout]).toEqual(['first\n', 'third\n']);
  });

  test('a process that leaves the group outlives its script', async () => {
    const { stdout } = await run('setsid sleep 30 </dev/null >/dev/null 2>&1 & echo $!');
    expect((await run(`kill ${stdout.trim()} && echo lived`)).stdout).toBe('lived\n');
  });

  test('a NUL in a script is refused', async () => {
    await expect(run('echo a\0b')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('any text comes through in a quoted heredoc and as input, and cannot end its frame', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
    const hostile = fc.constantFrom(
      '$(exit 3)\n`id`',
      '\'"\\',
      '-n\n-e',
      'EOF\nexit 5',
      ':end 0\n',
      'ünï\u2028✓',
      '\r\n\t',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, hostile), async (value) => {
        const quoted = `'${value.replaceAll("'", `'\\''`)}'`;
        expect(await run(`printf %s ${quoted}`)).toEqual({ ...ok, stdout: value });
        expect(await run('cat', Buffer.from(value))).toEqual({ ...ok, stdout: value });
      }),
      { numRuns: 40 },
    );
  });
}
