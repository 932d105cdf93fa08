import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LoginGate } from '../../../src/platforms/ssh/login-gate.ts';
import { MarkedOutput } from '../../../src/platforms/ssh/marked-output.ts';
import { parseConfig, routeFrom, routeTo } from '../../../src/platforms/ssh/ssh-config.ts';
import { isDroppedBeforeLogin } from '../../../src/platforms/ssh/ssh-failure.ts';

const never = new AbortController().signal;

test('what is marked is found, however the bytes arrive', () => {
  const cuts = fc.array(fc.nat({ max: 80 }));
  fc.assert(
    fc.property(fc.string(), fc.string(), cuts, (noise, output, at) => {
      const all = Buffer.from(`${noise}tok:start\n${output}tok:end 3 KILL\n`);
      const edges = [0, ...at.filter((cut) => cut < all.length).toSorted((a, b) => a - b), all.length];
      const marked = new MarkedOutput('tok');
      const found = edges.slice(1).map((end, index) => marked.take(all.subarray(edges[index], end)));
      expect(found.slice(0, -1).every((one) => one === null)).toBe(true);
      expect(found.at(-1)).toEqual({ output: Buffer.from(output), end: '3 KILL' });
      expect(marked.before.toString()).toBe(noise);
    }),
  );
});

describe('the route to a host', () => {
  const kex = 'sntrup761x25519-sha512@openssh.com,curve25519-sha256,ecdh-sha2-nistp256';
  const config = (lines: string) => parseConfig(`hostname 10.0.0.1\nport 22\nkexalgorithms ${kex}\n${lines}`);
  const options = (lines: string, defaultKex = kex) => {
    const { args } = routeFrom('web1', config(lines), defaultKex, {});
    return args.filter((_, index) => args[index - 1] === '-o');
  };

  test('asks nobody, refuses unknown hosts, notices a silent one, and prefers the fast key exchange', () => {
    expect(routeFrom('web1', config('connecttimeout none\nserveraliveinterval 0'), kex, {})).toEqual({
      args: [
        '-T',
        ...[
          'BatchMode=yes',
          'ClearAllForwardings=yes',
          'ControlMaster=no',
          'EscapeChar=none',
          'LogLevel=INFO',
          'RemoteCommand=none',
          'ConnectTimeout=10',
          'StrictHostKeyChecking=yes',
          'ServerAliveInterval=5',
          'ServerAliveCountMax=3',
          'KexAlgorithms=curve25519-sha256,sntrup761x25519-sha512@openssh.com,ecdh-sha2-nistp256',
        ].flatMap((option) => ['-o', option]),
        '--',
        'web1',
      ],
      doors: ['10.0.0.1:22'],
      address: '10.0.0.1',
      connectTimeoutMs: 10_000,
    });
  });

  test('leaves alone what the user chose', () => {
    const chosen = options(
      'connecttimeout 3\nserveraliveinterval 60\nstricthostkeychecking accept-new',
      'other',
    );
    expect(chosen.filter((one) => /^(Strict|ServerAlive|Kex)/.test(one))).toEqual([]);
    expect(chosen).toContain('ConnectTimeout=3');
  });

  test('goes through the doors of its jump hosts', () => {
    const { doors } = routeFrom('web1', config('proxyjump a,me@b:2'), kex, {});
    expect(doors).toEqual(['jump a', 'jump me@b:2', '10.0.0.1:22']);
  });

  test.each(['-oProxyCommand=id', '', 'a b', 'a\nb', ' a', '$(id)', '`id`@a', "a'b", 'a;id', 'a|id', 'a{b}'])(
    '%j is no name of a host',
    async (name) => {
      await expect(routeTo(name, {})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    },
  );
});

describe('the login gate', () => {
  test('lets eight in at one door, and as many as it may at all', async () => {
    const gate = new LoginGate(10);
    let atDoor = 0;
    const enter = async (door: string) => {
      const leave = await gate.enter([door], never);
      atDoor += 1;
      return leave;
    };
    const same = Array.from({ length: 9 }, () => enter('one'));
    const others = Array.from({ length: 3 }, (_, index) => enter(`other ${index}`));
    await Promise.all([...same.slice(0, 8), ...others.slice(0, 2)]);
    expect(atDoor).toBe(10);
    const leave = await same[0]!;
    leave();
    leave();
    await same[8];
    expect(atDoor).toBe(11);
    (await same[1]!)();
    await others[2];
    expect(atDoor).toBe(12);
  });

  test('forgets who was cancelled in the queue', async () => {
    const gate = new LoginGate(1);
    const leave = await gate.enter(['a'], never);
    const controller = new AbortController();
    const waiting = gate.enter(['b'], controller.signal);
    const next = gate.enter(['c'], never);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    leave();
    (await next)();
  });
});

test.each([
  ['kex_exchange_identification: Connection closed by remote host', true],
  ['kex_exchange_identification: read: Connection reset by peer', true],
  ['Connection closed by 10.0.0.1 port 22', true],
  ['Connection to web1 closed by remote host.', false],
  ['deploy@web1: Permission denied (publickey).', false],
  ['ssh: connect to host web1 port 22: Connection refused', false],
])('%j is a hang-up before login: %j', (said, dropped) => {
  expect(isDroppedBeforeLogin(said)).toBe(dropped);
});
