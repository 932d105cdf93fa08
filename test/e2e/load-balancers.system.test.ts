/**
 * `sluice deploy` with a load balancer that is there already, under light load: an upgrade by canary, a release that is
 * bad, a rollback by hand, and the end of it all. What each loses is written here, and in docs/routers.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Load } from '../../src/testing/router-fixtures.ts';
import { ask } from '../routers/ask.ts';
import { startCaddy } from '../routers/caddy/fixtures.ts';
import { startHaproxy } from '../routers/haproxy/fixtures.ts';
import { startNginx } from '../routers/nginx/fixtures.ts';
import { type Program, requires } from '../support/requires.ts';
import { HelloProject } from './hello-project.ts';

interface Balancer extends AsyncDisposable {
  readonly url: string;
  /** As it stands between braces in YAML. */
  readonly router: string;
}

const BALANCERS: Record<Extract<Program, 'haproxy' | 'nginx' | 'caddy'>, () => Promise<Balancer>> = {
  async haproxy() {
    const haproxy = await startHaproxy('roundrobin', '/healthz');
    const { socket, file, url } = haproxy;
    const words = 'serverOptions: [inter, 50ms, fall, "2", rise, "1"]';
    const router = `type: haproxy, socket: ${socket}, file: ${file}, backend: api, ${words}`;
    return { url, router, [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose]() };
  },
  async nginx() {
    const nginx = await startNginx();
    const { folder, pidFile, config, url } = nginx;
    const program = `nginx: [nginx, -c, ${config}]`;
    const router = `type: nginx, folder: ${folder}, pidFile: ${pidFile}, ${program}, upstream: api`;
    return { url, router, [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose]() };
  },
  async caddy() {
    const caddy = await startCaddy();
    const router = `type: caddy, admin: ${caddy.admin}, id: api`;
    return { url: caddy.url, router, [Symbol.asyncDispose]: () => caddy[Symbol.asyncDispose]() };
  },
};

/** The version that answers. nginx and Caddy reset connections at a change: such a request is sent again. */
async function versionAt(url: string, isReset: () => void): Promise<string> {
  for (;;) {
    try {
      const answer = await ask(url);
      return (JSON.parse(answer) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      isReset();
    }
  }
}

describe.each(Object.entries(BALANCERS))('%s', (name, open) => {
  test.runIf(requires(name as Program))(
    'an upgrade, a bad release, and back by hand: nothing is lost',
    { timeout: 180_000 },
    async () => {
      await using balancer = await open();
      const { url, router } = balancer;
      await using project = await HelloProject.create({
        instances: 2,
        strategy: '{ type: canary, bake: 200ms, stages: [10, 50, 100] }',
        policy: 'healthTimeout: 2s',
        more: `    router: { ${router}, url: "${url}/" }\n`,
      });
      const first = await project.deploy('1.0.0');
      expect(first.stdout).toContain(`${url}/`);
      const doctor = await project.sluice('doctor', '--json');
      expect(doctor.stdout).toContain(`${name} can be asked; it has 2 instances`);

      const versions = new Map<string, number>();
      let resets = 0;
      const load = new Load(4, async () => {
        const version = await versionAt(url, () => {
          resets += 1;
        });
        versions.set(version, (versions.get(version) ?? 0) + 1);
        await sleep(20);
        return null;
      });

      const upgrade = await project.deploy('1.1.0');
      expect(upgrade.stdout).toContain('✓ hello 1.1.0 is live in local');
      const bad = await project.deploy('1.2.0-broken', 3);
      expect(bad.stdout).toContain('↩ hello 1.2.0-broken was rolled back in local; 1.1.0 serves');
      expect(await project.status()).toMatchObject({ well: true, drift: [], url: `${url}/` });
      const back = await project.sluice('rollback');
      expect([back.exitCode, back.stdout]).toEqual([
        0,
        expect.stringContaining('✓ hello 1.0.0 is live in local'),
      ]);
      expect(await load.stop()).toEqual([]);
      expect([...versions.keys()]).toEqual(['1.0.0', '1.1.0']);
      // The others may, a few at each change: docs/routers.md has the figures.
      if (name === 'haproxy') expect(resets).toBe(0);
      expect(await versionAt(url, () => {})).toBe('1.0.0');

      const stopped = await project.sluice('stop');
      expect(stopped.stdout).toContain('Stopped hello.');
      await expect(versionAt(url, () => {})).rejects.toThrow(SyntaxError);
    },
  );
});

describe.runIf(requires('caddy'))('a load balancer that is not there', () => {
  test('is said before anything moves, and by status', { timeout: 120_000 }, async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'allAtOnce' });
    const caddy = await startCaddy();
    try {
      project.configure({ more: `    router: { type: caddy, admin: "${caddy.admin}" }\n` });
      project.build('1.0.0');
      const unknown = await project.sluice('deploy', 'hello', '1.0.0');
      expect(unknown.exitCode).not.toBe(0);
      expect(unknown.stdout + unknown.stderr).toContain('Caddy has no route with the id hello');
      project.configure({ more: `    router: { type: caddy, admin: "${caddy.admin}", id: api }\n` });
      await project.deploy('1.0.0');
    } finally {
      await caddy[Symbol.asyncDispose]();
    }
    const { drift } = await project.status();
    expect(drift).toEqual([expect.stringContaining('The admin API of Caddy cannot be reached')]);
  });
});
