/**
 * `npm run demo`: deploys a service on this machine, upgrades it by canary under load, lets a broken release
 * try, and tells what happened. Everything it does is the command line; everything is left running, in
 * `demo/`, to go on by hand.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { Load, type LoadResult } from './demo/load.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const SLUICE = join(REPOSITORY, 'dist', 'cli', 'main.js');
const DEMO = resolve(process.argv[2] ?? join(REPOSITORY, 'demo'));
const PREFERRED_PORT = 8080;

const startedAt = Date.now();
const port = await freePort(PREFERRED_PORT);
const url = `http://localhost:${port}/`;
await prepare();

title('The first deployment: hello 1.0.0, four instances behind the router');
await deploy('1.0.0', 0);

const load = new Load(url);
load.start();

title('An upgrade by canary to 1.1.0, under load: 10 %, then 50 %, then all of the traffic');
await deploy('1.1.0', 0);

title('A release whose health check fails: 1.2.0-broken');
await deploy('1.2.0-broken', 3);

const result = await load.stop();
title('What happened');
tell(result);
process.exitCode = result.lost === 0 ? 0 : 1;

async function prepare(): Promise<void> {
  if (existsSync(join(DEMO, '.sluice'))) {
    // One that was left in the middle would keep it from being stopped.
    await run(process.execPath, [SLUICE, 'abort'], { quiet: true });
    await sluice('stop', '--all');
  }
  rmSync(DEMO, { recursive: true, force: true });
  mkdirSync(DEMO, { recursive: true });
  await run('node', [join(REPOSITORY, 'examples', 'hello', 'build.js'), join(DEMO, 'releases')], {
    quiet: true,
  });
  writeFileSync(join(DEMO, 'sluice.config.yaml'), config());
}

function config(): string {
  return `# The service of the demo. \`npx sluice config\` shows every default.
services:
  hello:
    folder: app
    command: node server.js
    instances: 4
    port: ${port}
    checks:
      - { type: http, path: /healthz, interval: 200ms }
    strategy: { type: canary, bake: 2s, stages: [10, 50, 100] }
    policy: { healthTimeout: 5s }
`;
}

/** As somebody would who has just built that version into \`app/\`. */
async function deploy(version: string, expectedExitCode: number): Promise<void> {
  rmSync(join(DEMO, 'app'), { recursive: true, force: true });
  cpSync(join(DEMO, 'releases', version), join(DEMO, 'app'), { recursive: true });
  const exitCode = await sluice('deploy', 'hello', version);
  if (exitCode === expectedExitCode) return;
  throw new Error(`sluice deploy hello ${version} ended with ${exitCode}, not ${expectedExitCode}`);
}

function sluice(...args: string[]): Promise<number> {
  return run(process.execPath, [SLUICE, ...args], { quiet: false });
}

function run(program: string, args: readonly string[], { quiet }: { quiet: boolean }): Promise<number> {
  const child = spawn(program, args, {
    cwd: DEMO,
    stdio: quiet ? 'ignore' : ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
}

function title(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 96 - text.length))}\n`);
}

function tell({ sent, lost, versions, slowestMs }: LoadResult): void {
  const seen = [...versions].map(([version, count]) => `${count} by ${version}`).join(', ');
  const here = relative(process.cwd(), DEMO) || '.';
  console.log(`hello 1.0.0 deployed, upgraded to 1.1.0 by canary; 1.2.0-broken refused and rolled back.`);
  console.log(`${sent} requests sent, ${lost} lost (answered: ${seen}; the slowest took ${slowestMs} ms).`);
  console.log(`It all took ${((Date.now() - startedAt) / 1000).toFixed(1)} s, and it still runs: ${url}`);
  console.log(`\nGo on by hand:`);
  console.log(`  cd ${here}`);
  console.log(`  npx sluice status              what runs where`);
  console.log(`  npx sluice history             what was done; then: npx sluice show hello-3`);
  console.log(`  npx sluice rollback            back to 1.0.0`);
  console.log(`  npx sluice logs -f             what the instances write`);
  console.log(`  npx sluice stop --all          when you have seen enough`);
}

/** The preferred port, or else any free one. */
function freePort(preferred: number): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(freePort(0)));
    server.listen(preferred, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : preferred));
    });
  });
}
