/**
 * What a request through the embedded router costs, beside nginx and HAProxy before the same upstream:
 *
 *     npm run build && npx jiti bench/router/run.ts [rounds] [seconds]
 *
 * Each round drives each router in turn with `wrk -t1 -c32`; the table shows the medians of the rounds. CPU is
 * what the router's own process used, user and system, from /proc. Needs wrk, nginx and haproxy.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const here = import.meta.dirname;
const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 4);

interface Subject {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

interface Measurement {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const children: ChildProcess[] = [];
try {
  const upstream = await startNode('upstream.mjs');
  const subjects = [
    { name: 'none', ...upstream },
    { name: 'nginx', ...(await startWithConfig('nginx', 'nginx.conf', ['-c'], upstream.port)) },
    { name: 'haproxy', ...(await startWithConfig('haproxy', 'haproxy.cfg', ['-db', '-f'], upstream.port)) },
    { name: 'embedded router', ...(await startNode('embedded.mjs', String(upstream.port))) },
  ];
  const results = new Map<Subject, Measurement[]>(subjects.map((subject) => [subject, []]));
  for (const subject of subjects) await measure(subject, 2);
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) results.get(subject)!.push(await measure(subject, seconds));
  }
  printTable(results);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function startNode(script: string, ...args: string[]): Promise<Omit<Subject, 'name'>> {
  const child = start(process.execPath, [join(here, script), ...args]);
  const [printed] = (await once(child.stdout!, 'data')) as [Buffer];
  return { port: Number(printed), process: child };
}

async function startWithConfig(
  program: string,
  config: string,
  options: readonly string[],
  upstream: number,
): Promise<Omit<Subject, 'name'>> {
  const port = await freePort();
  const filled = readFileSync(join(here, config), 'utf8')
    .replaceAll('@LISTEN@', String(port))
    .replaceAll('@UPSTREAM@', String(upstream))
    .replaceAll('@FOLDER@', folder);
  writeFileSync(join(folder, config), filled);
  const child = start(`/usr/sbin/${program}`, [...options, join(folder, config)]);
  while (!(await listens(port))) await sleep(20);
  return { port, process: child };
}

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function measure(subject: Subject, durationS: number): Promise<Measurement> {
  const url = `http://127.0.0.1:${subject.port}/`;
  const before = cpuSeconds(subject.process.pid!);
  const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c32', `-d${durationS}s`, '--latency', url]);
  const cpu = cpuSeconds(subject.process.pid!) - before;
  const requests = Number(/(\d+) requests in/.exec(stdout)![1]);
  return {
    perSecond: requests / durationS,
    perCpuSecond: requests / cpu,
    p50Ms: latencyMs(stdout, '50%'),
    p99Ms: latencyMs(stdout, '99%'),
    errors: errorsIn(stdout),
  };
}

/** User and system time of a process; its clock ticks a hundred times a second on Linux. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function latencyMs(report: string, percentile: string): number {
  const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(report)!;
  return Number(value) * { us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'];
}

function errorsIn(report: string): number {
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report);
  const statuses = /Non-2xx or 3xx responses: (\d+)/.exec(report);
  return [...(socketErrors?.slice(1) ?? []), statuses?.[1] ?? 0].reduce<number>(
    (sum, n) => sum + Number(n),
    0,
  );
}

function printTable(results: ReadonlyMap<Subject, readonly Measurement[]>): void {
  const versions = ['nginx', 'haproxy'].map(versionOf).join(', ');
  console.log(`Node ${process.version}, ${versions}; medians of ${rounds} rounds of ${seconds} s.\n`);
  console.log('| router | requests/s | requests per CPU-second | p50 ms | p99 ms | errors |');
  console.log('|---|---|---|---|---|---|');
  for (const [{ name }, all] of results) {
    const of = (field: keyof Measurement) => median(all.map((one) => one[field]));
    const [rate, perCpu] = [of('perSecond').toFixed(0), of('perCpuSecond').toFixed(0)];
    const errors = all.reduce((sum, one) => sum + one.errors, 0);
    console.log(
      `| ${name} | ${rate} | ${perCpu} | ${of('p50Ms').toFixed(2)} | ${of('p99Ms').toFixed(2)} | ${errors} |`,
    );
  }
}

/** nginx tells its version on the one output, HAProxy on the other. */
function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(`/usr/sbin/${program}`, ['-v'], { encoding: 'utf8' });
  return `${program} ${/\d+\.\d+\.\d+/.exec(stdout + stderr)![0]}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
