/**
 * What it costs to run a script on every host of a fleet: `ssh host true` as it is, with the fast key exchange, and the
 * shells of the platform. As root: `npx jiti bench/ssh/transport.ts [HOSTS...]`. The hosts share this machine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { SshShells } from '../../src/platforms/ssh/ssh-shells.ts';
import { runProcess } from '../../test/support/run-process.ts';
import { startSshFleet } from '../../test/support/ssh-fleet.ts';

const RUNS = 5;
const never = new AbortController().signal;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 50];

for (const size of sizes) {
  await using fleet = await startSshFleet({ hosts: size });
  const names = fleet.hosts.map(({ name }) => name);
  const times: Record<string, number[]> = {};
  let memory = '';
  const ssh = (options: readonly string[]) =>
    onAll(names, async (name) => {
      const argv = ['ssh', '-F', fleet.configFile, '-o', 'BatchMode=yes', ...options, name, 'true'];
      const { exitCode } = await runProcess(argv);
      if (exitCode !== 0) throw new Error(`${name}: ${exitCode}`);
    });
  for (let run = 0; run < RUNS; run += 1) {
    await timed('ssh host true', () => ssh([]));
    await timed('ssh host true, curve25519', () => ssh(['-o', 'KexAlgorithms=curve25519-sha256']));
    const own = process.memoryUsage.rss();
    const shells = new SshShells({ configFile: fleet.configFile });
    const script = () =>
      onAll(names, async (name) => {
        const { exitCode } = await shells.shell(name).run('true', { signal: never });
        if (exitCode !== 0) throw new Error(`${name}: ${exitCode}`);
      });
    await timed('first script', script);
    await timed('second script', script);
    const connections = pssOfChildren();
    memory = `${(connections.bytes / size / 1024).toFixed(0)} KiB a host in ${connections.processes / size} ssh process, and ${(Math.max(0, process.memoryUsage.rss() - own) / size / 1024).toFixed(0)} KiB of this one`;
    await shells.close();
  }
  console.log(`${size} hosts, medians of ${RUNS}`);
  for (const [name, all] of Object.entries(times)) {
    const median = all.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
    console.log(`  ${name.padEnd(28)} ${median.toFixed(0).padStart(6)} ms`);
  }
  console.log(`  memory: ${memory}`);

  async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
    const begun = performance.now();
    await work();
    times[name] ??= [];
    times[name].push(performance.now() - begun);
  }
}

async function onAll(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  await Promise.all(names.map(work));
}

/** What the ssh processes of this one cost together: shared pages are divided among those who share them. */
function pssOfChildren(): { bytes: number; processes: number } {
  const sizes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        if (parent !== process.pid || !stat.includes('(ssh)')) return [];
        const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
        return [Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024];
      } catch {
        return [];
      }
    });
  return { bytes: sizes.reduce((sum, one) => sum + one, 0), processes: sizes.length };
}
