/**
 * Ten servers behind a HAProxy on a machine of its own, all reached over real sshd, under load: what a team does in a
 * week, and no request is lost.
 */
import { describe, expect, test } from 'vitest';
import { Load } from '../../scripts/demo/load.ts';
import { requires, requiresSshFleet } from '../support/requires.ts';
import { type SshFleet, startSshFleet } from '../support/ssh-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { HelloProject } from './hello-project.ts';

const SERVERS = 10;
const PORT = 8080;

const HAPROXY = `global
    stats socket /home/deploy/admin.sock mode 600 level admin expose-fd listeners
    hard-stop-after 5s

defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout check 1s
    retries 3
    option redispatch
    retry-on conn-failure empty-response 503
    option idle-close-on-response

frontend web
    bind :${PORT}
    default_backend hello

backend hello
    balance roundrobin
    option httpchk GET /healthz
    # sluice begin hello
    # sluice end hello
`;

/** Runs a HAProxy on the last host, as the user that deploys; it ends with the host. */
async function balancerOf({ hosts }: SshFleet): Promise<{ readonly name: string; readonly url: string }> {
  const host = hosts.at(-1) as SshFleet['hosts'][number];
  const file = '/home/deploy/haproxy.cfg';
  const script = `printf '%s' "$1" >${file} && chown deploy: ${file} &&
    setpriv --reuid=deploy --regid=deploy --clear-groups haproxy -W -D -f ${file}`;
  await host.exec(['sh', '-c', script, 'sh', HAPROXY]);
  const url = `http://${host.address}:${PORT}/`;
  await waitFor('HAProxy', async () => (await fetch(url)).status === 503);
  return { name: host.name, url };
}

/** What runs, by version, as each host itself has it. */
async function currentOn({ hosts }: SshFleet): Promise<string[]> {
  const links = hosts
    .slice(0, SERVERS)
    .map((host) => host.exec(['readlink', '/home/deploy/apps/hello/current']));
  return (await Promise.all(links)).map((link) => link.trim().replace(/^releases\/(.*)-[0-9a-f]+$/, '$1'));
}

const all = (version: string) => Array.from({ length: SERVERS }, () => version);

describe.runIf(requiresSshFleet() && requires('haproxy'))('ten servers behind a HAProxy', () => {
  test('deploy, canary, a broken release, and back by hand lose nothing', { timeout: 240_000 }, async () => {
    await using fleet = await startSshFleet({ hosts: SERVERS + 1 });
    const balancer = await balancerOf(fleet);
    const names = fleet.hosts.slice(0, SERVERS).map(({ name }) => name);
    await using project = await HelloProject.create({
      instances: SERVERS,
      strategy: '{ type: canary, bake: 500ms, stages: [10, 50, 100] }',
      policy: 'healthTimeout: 5s',
      port: PORT,
      more: `    env: { HOST: 0.0.0.0 }
    platform:
      type: ssh
      hosts: [${names.join(', ')}]
      configFile: ${fleet.configFile}
      ports: [8081, 8082]
      run: detached
    router:
      type: haproxy
      on: ${balancer.name}
      socket: /home/deploy/admin.sock
      file: /home/deploy/haproxy.cfg
      serverOptions: [inter, 200ms, fall, "2", rise, "1"]
      url: ${balancer.url}
`,
    });

    const first = await project.deploy('1.0.0');
    expect(first.stdout).toContain(`serving   1.0.0 on ${SERVERS} of ${SERVERS} targets`);
    expect(first.stdout).toContain(balancer.url);
    expect(await currentOn(fleet)).toEqual(all('1.0.0'));

    const load = new Load(balancer.url);
    load.start();
    const canary = await project.deploy('1.1.0');
    expect(canary.stdout).toContain('✓ hello 1.1.0 is live in local');
    expect(await currentOn(fleet)).toEqual(all('1.1.0'));

    const broken = await project.deploy('1.2.0-broken', 3);
    expect(broken.stdout).toContain('↩ hello 1.2.0-broken was rolled back in local; 1.1.0 serves');
    expect(await project.status()).toMatchObject({ well: true, drift: [], unreachable: {} });

    const back = await project.sluice('rollback');
    expect(back.stdout).toContain('✓ hello 1.0.0 is live in local');
    expect(await currentOn(fleet)).toEqual(all('1.0.0'));

    const { sent, lost, versions } = await load.stop();
    expect({ lost, versions: [...versions.keys()] }).toEqual({ lost: 0, versions: ['1.0.0', '1.1.0'] });
    expect(sent).toBeGreaterThan(500);

    const stopped = await project.sluice('stop');
    expect(stopped.stdout).toContain('Stopped hello.');
    const file = await fleet.hosts.at(-1)?.exec(['cat', '/home/deploy/haproxy.cfg']);
    expect(file).toBe(HAPROXY);
  });
});
