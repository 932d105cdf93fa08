import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeUpstream } from '../../../src/routers/nginx/upstream-file.ts';
import { EMPTY_POOL, type Pool } from '../../../src/routers/pool.ts';
import { localScripts } from '../../../src/routers/reach.ts';
import type { Backend } from '../../../src/routers/router.ts';
import { NamedServer } from '../../../src/testing/router-fixtures.ts';
import { requires } from '../../support/requires.ts';
import { ask } from '../ask.ts';
import { CONTEXT, startNginx } from './fixtures.ts';

const RELEASE = '1.0.0-000000000001';

function at(port: number, target = 'a'): Backend {
  return { target, release: RELEASE, address: { host: '127.0.0.1', port } };
}

describe.runIf(requires('nginx'))('what nginx cannot or will not do', () => {
  test('a config that nginx -t does not accept is taken back, and nginx is quoted', async () => {
    await using nginx = await startNginx();
    const server = await NamedServer.start('a');
    try {
      const router = nginx.router();
      await router.admit('api', at(server.address.port), null, CONTEXT);
      const before = await nginx.text();
      // nginx knows no such word of a server line: only its own test can tell.
      const wrong = nginx.router({ serverOptions: ['no_such_word=1'] });
      await expect(wrong.admit('api', at(9, 'b'), null, CONTEXT)).rejects.toMatchObject({
        message: expect.stringMatching(
          /^nginx does not accept the new config; .*sluice-api\.conf stays as it was: .*invalid parameter "no_such_word=1"/s,
        ),
        retryable: false,
      });
      expect(await nginx.text()).toBe(before);
      expect((await readdir(nginx.folder)).toSorted()).toEqual(['.sluice-lock', 'sluice-api.conf']);
      expect(await ask(nginx.url)).toBe('a');
      expect((await router.inspect('api', CONTEXT)).backends.map(({ target }) => target)).toEqual(['a']);
    } finally {
      await server.stop();
    }
  });

  test('a first file that is not accepted is gone again', async () => {
    await using nginx = await startNginx();
    await appendFile(nginx.config, 'nonsense;\n');
    await expect(nginx.router().admit('shop', at(9), null, CONTEXT)).rejects.toThrow(
      'unknown directive "nonsense"',
    );
    expect(await readdir(nginx.folder)).not.toContain('sluice-shop.conf');
  });

  test('a change that was killed before nginx had it is taken back by the next', async () => {
    await using nginx = await startNginx();
    const server = await NamedServer.start('a');
    try {
      const router = nginx.router();
      await router.admit('api', at(server.address.port), null, CONTEXT);
      const before = await nginx.text();
      // As the script leaves it that is killed between its renames and the reload.
      await writeFile(`${nginx.file}.sluice-before`, before);
      await writeFile(nginx.file, `${before}nonsense;\n`);
      expect((await nginx.router().inspect('api', CONTEXT)).backends.map((each) => each.target)).toEqual([
        'a',
      ]);
      await nginx.router().shift('api', null, CONTEXT);
      expect(await nginx.text()).toBe(before);
      expect((await nginx.test()).exitCode).toBe(0);
    } finally {
      await server.stop();
    }
  });

  test('a folder that nginx does not read, one that is not there, and a file of somebody else', async () => {
    await using nginx = await startNginx();
    const other = join(nginx.folder, 'other');
    await mkdir(other);
    await expect(nginx.router({ folder: other }).admit('api', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: expect.stringMatching(/^nginx does not read .*other\/sluice-api\.conf/),
      remedy: expect.stringContaining(`include ${other}/*.conf;`),
    });
    await expect(
      nginx.router({ folder: `${other}/none` }).admit('api', at(9), null, CONTEXT),
    ).rejects.toMatchObject({ remedy: expect.stringContaining('Give as `folder` one that is there') });
    await writeFile(join(nginx.folder, 'sluice-shop.conf'), 'upstream shop { server 127.0.0.1:9; }\n');
    await expect(nginx.router().admit('shop', at(9), null, CONTEXT)).rejects.toThrow(
      'was not written by Sluice, which would replace all of it',
    );
  });

  test('an nginx that does not run, and one whose process id is elsewhere', async () => {
    await using nginx = await startNginx();
    const elsewhere = nginx.router({ pidFile: `${nginx.pidFile}.none` });
    const before = await nginx.text();
    await expect(elsewhere.admit('api', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining(`has its process id in ${nginx.pidFile}.none`),
      remedy: expect.stringContaining('pidFile'),
    });
    expect(await nginx.text()).toBe(before);
    nginx.process.kill('SIGTERM');
    await nginx.process.ended;
    await expect(nginx.router().admit('shop', at(9), null, CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining('nginx could not be reloaded'),
    });
    await expect(
      nginx.router({ nginx: ['no-such-nginx'] }).admit('shop', at(9), null, CONTEXT),
    ).rejects.toThrow('There is no program no-such-nginx');
  });

  test('a request that outlasts the drain is counted', async () => {
    await using nginx = await startNginx();
    const router = nginx.router({ drainTimeoutMs: 300 });
    const server = await NamedServer.start('a');
    try {
      await router.admit('api', at(server.address.port), null, CONTEXT);
      const held = server.hold();
      const answer = ask(nginx.url);
      await held;
      expect((await router.inspect('api', CONTEXT)).backends).toMatchObject([{ target: 'a', inFlight: 1 }]);
      expect(await router.drain('api', 'a', RELEASE, CONTEXT)).toEqual({ abandoned: 1 });
      expect((await router.inspect('api', CONTEXT)).backends).toMatchObject([
        { target: 'a', draining: true, inFlight: 1 },
      ]);
      server.letGo();
      expect(await answer).toBe('a');
    } finally {
      await server.stop();
    }
  });

  test('a batch costs one reload', async () => {
    await using nginx = await startNginx();
    const scripts: string[] = [];
    const router = nginx.router({
      run: (script, options) => {
        scripts.push(script);
        return localScripts(script, options);
      },
    });
    const targets = ['a', 'b', 'c', 'd'];
    await router.admit('api', at(9, 'first'), null, CONTEXT);
    scripts.length = 0;
    await Promise.all(targets.map((target, i) => router.admit('api', at(10 + i, target), null, CONTEXT)));
    expect(scripts.filter((script) => script.includes('-s reload'))).toHaveLength(1);
    expect((await router.inspect('api', CONTEXT)).backends.map(({ target }) => target)).toEqual([
      ...targets,
      'first',
    ]);
  });
});

/** Out of its comment any of these would be an error of nginx. Whatever may stand in a name: the syntax of nginx, of sh, of JSON, of comments, and any character. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ';',
        '}',
        '{',
        '#',
        '"',
        "'",
        '\\',
        '$',
        '`',
        '$(id)',
        ' ',
        '*/',
        '\u2028',
        '\u00a0',
        'down',
      ),
      fc.constantFrom('nonsense;', '} nonsense {', '# leaving {}', 'include /etc/passwd;', '\\n'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => /^[^\p{C}]{1,253}$/u.test(text));

const backend = fc.record({
  target: hostile,
  release: hostile,
  address: fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) }),
});

describe.runIf(requires('nginx'))('names that would be directives', () => {
  test('never are: the real nginx reads the upstream and its servers, and nothing else', async () => {
    await using nginx = await startNginx();
    const seen = async (pool: Pool) => {
      await writeFile(nginx.file, writeUpstream('api', pool, []));
      const { exitCode, stderr } = await nginx.test();
      expect(stderr).toContain('test is successful');
      return exitCode;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(backend, { maxLength: 3 }),
        fc.array(backend, { maxLength: 2 }),
        hostile,
        async (members, leaving, release) => {
          expect(await seen({ members, leaving, split: { release, percent: 10 } })).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
    expect(await seen(EMPTY_POOL)).toBe(0);
  });

  test('come back from a real nginx as they were, with one address that answers', async () => {
    await using nginx = await startNginx();
    const server = await NamedServer.start('a');
    try {
      const target = `a'; } server { listen 1; } # "\\ $(id) \`id\` ü ${'𝒳'.repeat(200)}`;
      const router = nginx.router();
      const hostileOne = { ...at(server.address.port), target };
      await router.admit('api', hostileOne, { release: `x" ; }\\`, percent: 5 }, CONTEXT);
      const { backends, split } = await router.inspect('api', CONTEXT);
      expect(backends).toMatchObject([hostileOne]);
      expect(split).toEqual({ release: `x" ; }\\`, percent: 5 });
      expect(await ask(nginx.url)).toBe('a');
      await router.drain('api', target, RELEASE, CONTEXT);
      expect((await router.inspect('api', CONTEXT)).backends).toEqual([]);
      await expect(router.admit('api', { ...hostileOne, target: 'a\nb' }, null, CONTEXT)).rejects.toThrow(
        'cannot be the id of a target',
      );
      await expect(router.admit('api', { ...hostileOne, release: 'a\nb' }, null, CONTEXT)).rejects.toThrow(
        'cannot be the id of a release',
      );
      await expect(router.inspect('api; }', CONTEXT)).rejects.toThrow('cannot be the name of a service');
      expect(() => nginx.router({ upstreams: { api: 'api {' } })).toThrow('cannot be the name');
      expect(() => nginx.router({ serverOptions: ['max_fails=1; }'] })).toThrow('cannot be one word');
    } finally {
      await server.stop();
    }
  });

  test('paths that would be commands are paths', async () => {
    await using nginx = await startNginx();
    const folder = join(nginx.folder, `it's $(touch ${nginx.folder}/owned) \`id\` "; }`);
    await expect(nginx.router({ folder }).inspect('api', CONTEXT)).resolves.toEqual({
      backends: [],
      split: null,
    });
    await mkdir(folder, { recursive: true });
    await expect(nginx.router({ folder }).admit('api', at(9), null, CONTEXT)).rejects.toThrow(
      'nginx does not read',
    );
    expect(await readdir(nginx.folder)).not.toContain('owned');
    expect(await readFile(nginx.file, 'utf8')).toContain('upstream api {');
  });
});
