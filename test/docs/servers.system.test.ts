/** docs/ssh.md, followed to the letter with two bare servers: its commands print what it says. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import { type ProcessResult, runProcess } from '../support/run-process.ts';
import { startSshFleet } from '../support/ssh-fleet.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { blocksOf, REPOSITORY } from './pages.ts';

const PAGE = 'docs/ssh.md';
const NAMES = ['web1', 'web2'];

describe.runIf(requiresSshFleet())('the page about servers', () => {
  test('leads from bare servers to a deployment and back, in fewer than ten lines', {
    timeout: 180_000,
  }, async () => {
    await using fleet = await startSshFleet({ hosts: NAMES.length });
    await using folder = await temporaryFolder();
    const [bin, shop] = [join(folder.path, 'bin'), join(folder.path, 'shop')];
    await Promise.all([mkdir(bin), mkdir(shop)]);
    const hosts = fleet.hosts.map(({ address, name }, index) => ({
      name: NAMES[index],
      alias: name,
      address,
    }));
    // The ~/.ssh/config of whoever types.
    const sshConfig = hosts.map(
      ({ name, alias, address }) => `Host ${name}\n  HostName ${address}\n  HostKeyAlias ${alias}\n`,
    );
    const config = join(folder.path, 'ssh_config');
    await writeFile(config, sshConfig.join('') + (await readFile(fleet.configFile, 'utf8')));
    await writeFile(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`, { mode: 0o755 });
    // Their names are known to ssh alone here.
    const places = JSON.stringify(Object.fromEntries(hosts.map(({ name, address }) => [name, address])));
    const fetched = `const url = new URL(process.argv[1]); url.hostname = ${places}[url.hostname]; fetch(url).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
    await writeFile(join(bin, 'curl'), `#!/bin/sh\nexec node -e '${fetched}' "$1"\n`, { mode: 0o755 });
    await symlink(join(REPOSITORY, 'dist/cli/main.js'), join(bin, 'sluice'));
    const env = {
      PATH: [bin, process.env.PATH].join(delimiter),
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      SLUICE_CONFIG: undefined,
      SLUICE_ENVIRONMENT: undefined,
    };

    let printed: ProcessResult | null = null;
    let typed = 0;
    let untilHello = 0;
    for (const { language, text, mark, line } of blocksOf(PAGE)) {
      const where = `${PAGE}, line ${line}`;
      if (mark?.startsWith('file: ')) await writeFile(join(shop, mark.slice('file: '.length)), text);
      else if (language === 'sh' && mark === 'run') {
        printed = await runProcess(['sh', '-e', '-c', text], { cwd: shop, env, timeoutMs: 90_000 });
        expect({ where, ...printed }).toMatchObject({ exitCode: 0 });
      } else if (language === 'text' && printed !== null) {
        expect(where + alike(printed.stdout)).toContain(alike(text));
      }
      if (language === 'sh' && untilHello === 0) typed += text.trimEnd().split('\n').length;
      if (printed?.stdout === 'Hello!\n' && untilHello === 0) untilHello = typed;
    }
    // Both servers, the config, the deployment, and a look at it.
    expect(untilHello).toBe(5);
  });
});

/** The lines without what differs from one run to another. These servers have no systemd. */
function alike(text: string): string {
  return `\n${text
    .replace(
      /as a (unit of systemd|process that outlives the login: there is no systemd for it)\./g,
      'as RUN.',
    )
    .replace(/(is live in local) .*/g, '$1')
    .trimEnd()}\n`;
}
