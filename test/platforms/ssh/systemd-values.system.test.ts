/** What reaches a service that systemd runs, and what is told of it: its environment, its words, its log. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSystemdHost } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { waitFor } from '../../support/wait-for.ts';
import { SCOPES, SERVES, SystemdYard } from './systemd-yard.ts';
import { patient } from './workshop.ts';

/** To sh, to systemd's file of variables, to its units, or to the programs that are told about services. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: of shells and systemd, not of JavaScript
const VALUES: Readonly<Record<string, string>> = {
  LINES: 'a\nb\n',
  QUOTES: `'"'`,
  DOLLAR: '$HOME ${X} $$ `id` $(id)',
  PERCENT: '%h %% %n',
  COMMENT: '#x ;y',
  BACKSLASHES: '\\ \\n \\\\',
  CONTINUED: 'a\\\nb',
  TAIL: 'end\\',
  TAB: '\t x ',
  RETURN: 'a\r\nb',
  CONTROL: '\x1b\x01\x7f',
  LETTERS: 'é\u{1F600}\uFEFF',
  EMPTY: '',
  SPACES: '  a  ',
  PATH: '/nowhere',
  HOME: '/nowhere',
  XDG_RUNTIME_DIR: '/nowhere',
  DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
  SYSTEMD_LOG_LEVEL: 'debug',
};
const WORDS = [
  "it's",
  '"',
  '$HOME',
  '${X}',
  '%h',
  '%%',
  ';',
  '\\',
  '\\n',
  'a\nb',
  '\t',
  '',
  '-n',
  '#',
  'é😀',
  '`id`',
  '$(id)',
  '{*}',
];

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the rest is

describe.runIf(requiresSystemdHost())('what reaches a service that systemd runs', () => {
  let fleet: SshFleet;
  let host: FleetHost;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 1, systemd: true, sshdConfig: 'UsePAM yes' });
    host = fleet.hosts[0]!;
    await host.exec(['loginctl', 'enable-linger', 'deploy']);
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  describe.each(SCOPES)('in the $scope scope', (where) => {
    test('a service has its environment and its words as they are, and nobody else has', async () => {
      const environment = { SECRET: 'hunter3 "$x" \\' };
      await using yard = await SystemdYard.of(fleet, where, { environment });
      const tells = `/usr/bin/env -0 >told/env.new && printf '%s\\0' "$@" >told/words && /bin/mv told/env.new told/env
exec /bin/sleep 600`;
      const release = await yard.runs(tells, {
        words: WORDS,
        env: VALUES,
        secrets: ['SECRET'],
        environment,
        shared: ['told/', 'kept.txt'],
      });
      await waitFor('what it was told', () => yard.sh('cat shared/told/env'));
      const told = (await yard.sh('cat shared/told/env')).split('\0');
      for (const [name, value] of Object.entries({ ...VALUES, ...environment })) {
        expect(told).toContain(`${name}=${value}`);
      }
      expect((await yard.sh('cat shared/told/words')).split('\0').slice(0, -1)).toEqual(WORDS);

      const [instance] = await yard.instances();
      expect(instance).toMatchObject({ release: release.id, state: 'running', restarts: 0 });
      const [inside] = (await yard.systemctl('show', '-p', 'MainPID', '--value', 'api')).split('\n');
      expect(instance?.pid).toBe(Number(inside));
      expect(await yard.sh(`ps -o user= -p ${inside}; readlink /proc/${inside}/cwd`)).toBe(
        `deploy\n${yard.root}/api/releases/${release.id}\n`,
      );
      expect(await yard.sh(`stat -c '%a %U' .sluice/meta/*/environment shared/told shared/kept.txt`)).toBe(
        `600 ${where.login}\n755 deploy\n600 deploy\n`,
      );
      const seen = [
        await yard.systemctl('show', 'api'),
        await yard.systemctl('cat', 'api'),
        await host.exec(['journalctl', '--no-pager']),
        await host.exec(['ps', '-eo', 'args']),
      ];
      expect(seen.join('\n')).not.toContain('hunter3');

      const user = where.scope === 'system' ? where.user : null;
      const asked = await yard.platform.exec(
        'h001',
        'api',
        ['/bin/sh', '-c', '/usr/bin/id -un; echo "$LETTERS"'],
        user,
        patient(),
      );
      expect(asked.stdout).toBe(`deploy\n${VALUES.LETTERS}\n`);
    });

    test('a log is followed, without the secrets that are printed', async () => {
      const environment = { SECRET: 'hunter2' };
      await using yard = await SystemdYard.of(fleet, where, { environment });
      const release = await yard.runs(`echo "it is $SECRET"\n${SERVES}`, {
        version: '6.0.0',
        secrets: ['SECRET'],
        environment,
      });
      const ending = new AbortController();
      const lines: string[] = [];
      const following = (async () => {
        const followed = yard.platform.followLog('h001', release, { signal: ending.signal, lines: 9 });
        for await (const line of followed) lines.push(line);
      })();
      await waitFor('the first lines', () => lines.length >= 2);
      await yard.platform.stop('h001', release, patient());
      await waitFor('the last line', () => lines.length >= 3);
      ending.abort();
      await following;
      expect(lines).toEqual(['it is [SECRET]', '6.0.0 begins on no port', '6.0.0 ends']);
    });
  });

  test('values that systemd would lose are refused before anything is sent', async () => {
    await using yard = await SystemdYard.of(fleet, SCOPES[0]!);
    await expect(yard.unit('', { env: { NAME: 'a\uFFFE' } })).rejects.toThrow(
      'the value of NAME cannot be given to a unit',
    );
    const environment = { SECRET: 'hunter2\u{1FFFF}' };
    const refused = yard.unit('', { secrets: ['SECRET'], environment });
    await expect(refused).rejects.toThrow('the value of SECRET cannot be given to a unit');
    await expect(refused).rejects.not.toThrow('hunter2');
  });

  test('a login without a session finds the manager of its user all the same', async () => {
    const config = await host.exec(['cat', '/etc/ssh/sshd_config']);
    await writeFile(join(host.folder, 'etc-ssh/sshd_config'), config.replace('UsePAM yes', 'UsePAM no'));
    await host.exec(['systemctl', 'restart', 'sshd-of-fleet']);
    await using yard = await SystemdYard.of(fleet, SCOPES[1]!);
    const has = () =>
      yard.shells.shell('deploy@h001').run('printenv XDG_RUNTIME_DIR || echo none', patient());
    await waitFor('a login', async () => (await has()).stdout === 'none\n');
    const release = await yard.runs(SERVES, { version: '7.0.0' });
    expect(await yard.instances()).toMatchObject([{ release: release.id, state: 'running' }]);
    await waitFor('its log', async () => (await yard.platform.logTail('h001', release, 5)).length === 1);
  });
});
