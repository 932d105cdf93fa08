/** A secret of a service on servers: in the file that is for it, in the service's own environment, nowhere else. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import type { ProcessResult } from '../support/run-process.ts';
import { filesWith, formsOf, watchForSecrets } from '../support/secret-watch.ts';
import { ServerProject } from './server-project.ts';

/** What a shell, JSON, a URL, base64 and sed would each like to read otherwise. */
function newSecret(): string {
  return `tok-${randomBytes(9).toString('base64url')}-$(touch /tmp/pwned)\`touch /tmp/pwned\`"'\\%41;/.*[a]&é\u{1F512}`;
}

/** Tells whoever knows the secret what it is, and everybody where it says so. */
function server({ prints = false, crashes = false, status = 200 }): string {
  return `
import { createServer } from 'node:http';
const { TOKEN, PORT } = process.env;
const forms = [TOKEN, JSON.stringify(TOKEN), encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString('base64')];
if (${prints}) for (const form of forms) console.log('my token is ' + form + '!');
if (${crashes}) process.exit(3);
createServer((request, response) => {
  if (request.url === '/token') return response.end(TOKEN);
  response.statusCode = ${status};
  response.end(${status} === 200 ? 'ok' : 'wrong token ' + TOKEN);
}).listen(Number(PORT), '0.0.0.0');
`;
}

const SERVICE = [
  'command: node server.js',
  'port: 8080',
  'secrets: [TOKEN]',
  'strategy: rolling',
  'checks: [{ type: http, interval: 100ms }, { type: command, command: ./check.sh, interval: 100ms }]',
  'hooks: { before: [{ name: announce, command: [./hook.sh] }] }',
  'policy: { healthTimeout: 4s, onFailure: rollback }',
];

async function projectWithSecrets(secret: string): Promise<ServerProject> {
  const project = await ServerProject.create({ hosts: 2 });
  project.env.TOKEN = secret;
  project.configure(SERVICE);
  script(project, 'hook.sh', 'echo "the hook has $TOKEN"');
  script(project, 'check.sh', 'echo "the check has $TOKEN"');
  return project;
}

function script(project: ServerProject, name: string, text: string): void {
  writeFileSync(join(project.dir, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(project.dir, name), 0o755);
}

async function ask(project: ServerProject, path = '/token'): Promise<string> {
  return await (await fetch(`http://${project.fleet.hosts[0]?.address}:8080${path}`)).text();
}

const LOOKING = [
  ['status'],
  ['logs', 'app'],
  ['history'],
  ['show', '--targets'],
  ['show', 'app-2'],
  ['diff', 'app-1', 'app-2'],
  ['export', '--all'],
  ['doctor'],
  ['config'],
  ['plan', 'app', '9.9.9'],
  ['plan', 'app', '3.0.1', '--rollback'],
];

/** Those make a release, or say that one cannot be made. */
const NEEDS_SECRETS = ['doctor', 'plan'];

describe.runIf(requiresSshFleet())('a secret of a service on servers', { concurrent: true }, () => {
  test('is in one file of each host, and in no other place', { timeout: 300_000 }, async () => {
    const secret = newSecret();
    await using project = await projectWithSecrets(secret);
    const needles = formsOf(secret);
    const said: ProcessResult[] = [];
    const watch = await watchForSecrets(needles, [project.temp]);

    project.build({ 'server.js': server({}) });
    said.push(await project.must(0, 'deploy', 'app', '1.0.0'));
    expect(await ask(project)).toBe(secret);
    project.build({ 'server.js': server({ crashes: true }) });
    said.push(await project.must(3, 'deploy', 'app', '2.0.0'));
    project.build({ 'server.js': server({ status: 503 }) });
    said.push(await project.must(3, 'deploy', 'app', '2.1.0', '--json'));
    project.build({ 'server.js': server({ status: 201 }) });
    script(project, 'hook.sh', 'echo "the hook has $TOKEN" >&2; exit 1');
    said.push(await project.must(3, 'deploy', 'app', '3.0.0', '--json'));
    script(project, 'hook.sh', 'echo "the hook has $TOKEN"');
    said.push(await project.must(0, 'deploy', 'app', '3.0.1', '--json'));
    script(project, 'check.sh', 'echo "the check has $TOKEN"; exit 1');
    // What ran before does not get a good answer either.
    said.push(await project.must(4, 'deploy', 'app', '3.1.0'));
    script(project, 'check.sh', 'exit 0');
    said.push(await project.must(0, 'rollback'));
    for (const args of LOOKING) {
      for (const json of [[], ['--json']]) {
        const result = await project.sluice(...args, ...json);
        if (result.exitCode !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
        said.push(result);
      }
    }
    const seen = await watch.end();

    for (const { stdout, stderr } of said) {
      for (const needle of needles) expect(stdout + stderr).not.toContain(needle);
    }
    const everything = said.map(({ stdout, stderr }) => stdout + stderr).join('');
    // What the checks and the hook said is there, but for the secret.
    expect(everything).toContain('wrong token [TOKEN]');
    expect(everything).toContain('the hook has [TOKEN]');
    expect(everything).toContain('the check has [TOKEN]');
    expect(seen.rounds).toBeGreaterThan(20);
    expect(seen.commandLines).toEqual([]);
    expect(seen.files).toEqual([]);
    expect(seen.environments.length).toBeGreaterThan(0);
    for (const cwd of seen.environments) expect(cwd).toMatch(/^\/home\/deploy\/apps\/app\/releases\/\d/);
    expect(filesWith(needles, project.dir)).toEqual([]);
    for (const host of project.fleet.hosts) {
      const files = filesWith(needles, host.folder);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        expect(file).toMatch(/\/apps\/app\/\.sluice\/meta\/[^/]+\/environment$/);
        expect(statSync(file).mode & 0o777).toBe(0o600);
      }
    }
    // No shell has run what is in it.
    expect(filesNamed(project, 'pwned')).toEqual([]);
  });

  test('that the service prints is hidden wherever its log is shown', { timeout: 300_000 }, async () => {
    const secret = newSecret();
    await using project = await projectWithSecrets(secret);
    const needles = formsOf(secret);
    const said: ProcessResult[] = [];
    project.build({ 'server.js': server({ prints: true }) });
    said.push(await project.must(0, 'deploy', 'app', '1.0.0'));
    project.build({ 'server.js': server({ prints: true, crashes: true }) });
    said.push(await project.must(3, 'deploy', 'app', '2.0.0'));
    project.build({ 'server.js': server({ prints: true, status: 500 }) });
    said.push(await project.must(3, 'deploy', 'app', '2.1.0', '--json'));
    // Whoever looks need not have it.
    delete project.env.TOKEN;
    for (const args of LOOKING.filter(([verb = '']) => !NEEDS_SECRETS.includes(verb))) {
      said.push(await project.must(0, ...args, '--json'));
    }
    const { stdout } = await project.must(0, 'logs', 'app');

    for (const { stdout, stderr } of said) {
      for (const needle of needles) expect(stdout + stderr).not.toContain(needle);
    }
    expect(stdout).toContain('my token is [TOKEN]!');
    expect(stdout.match(/my token is "?\[TOKEN\]"?!/g)?.length).toBeGreaterThanOrEqual(8);
    expect(filesWith(needles, project.dir)).toEqual([]);
    const logs = filesWith(needles, project.remote(0, 'logs'));
    expect(logs.length).toBeGreaterThan(0);
    for (const log of logs) expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test('that was changed is not needed to go back to a release with the old one', {
    timeout: 120_000,
  }, async () => {
    const [old, changed] = [newSecret(), newSecret()];
    await using project = await projectWithSecrets(old);
    project.build({ 'server.js': server({ prints: true }) });
    await project.must(0, 'deploy', 'app', '1.0.0');
    project.env.TOKEN = changed;
    await project.must(0, 'deploy', 'app', '1.1.0');
    expect(await ask(project)).toBe(changed);
    await project.must(0, 'rollback');
    expect(await ask(project)).toBe(old);
    const { stdout } = await project.must(0, 'logs', 'app');
    for (const needle of [...formsOf(old), ...formsOf(changed)]) expect(stdout).not.toContain(needle);
    // Also without any.
    delete project.env.TOKEN;
    await project.must(0, 'rollback', 'app', '1.1.0');
    expect(await ask(project)).toBe(changed);
  });
});

function filesNamed(project: ServerProject, name: string): string[] {
  const folders = [project.dir, ...project.fleet.hosts.map(({ folder }) => folder)];
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(`/${name}`)),
  );
}
