/**
 * Deploys 3,000 files of 30 MB to servers over SSH, then ten changed files, and goes back: Sluice, and what people use
 * for it, in turns.
 *
 *     npm run bench -- ssh [--runs=3] [--only=Sluice,Ansible] [hosts...]      as root; default 10 and 50 hosts
 *
 * The hosts are real sshd on this machine, with a disk of memory each. They share its cores with whoever deploys, so their own
 * work is part of every time. `peers/install.sh` installs the others; what they run is in `peers/`. Medians of the runs.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { command } from '../../test/support/system-command.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { ACTIONS, bareSsh, CONTENDERS, oneStream } from './contenders.ts';
import { CpuGroup, type Measurement, measure } from './measure.ts';
import { makeReleases } from './release-files.ts';
import { Results } from './results.ts';
import { countRoundTrips } from './round-trips.ts';
import { makeRepository, Yard } from './yard.ts';

const words = process.argv.slice(2);
const given = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
const sizes = words.filter((word) => /^\d+$/.test(word)).map(Number);
const RUNS = Number(given('runs') ?? 3);
const ONLY = given('only')?.split(',');
const contenders = CONTENDERS.filter(
  ({ name }) => ONLY === undefined || ONLY.some((one) => name.includes(one)),
);

const lacking = ['ansible-playbook', 'cap', 'clush', 'rsync'].filter(
  (name) => !existsSync(`/usr/bin/${name}`),
);
if (ONLY === undefined && lacking.length > 0) {
  throw new Error(
    `${lacking.join(', ')} not installed: run ${join(import.meta.dirname, 'peers', 'install.sh')}`,
  );
}

await using folder = await temporaryFolder();
const releases = join(folder.path, 'releases');
await makeRepository(folder.path, await makeReleases(releases));
const archive = join(folder.path, 'archive.zst');
await command(['sh', '-c', `tar -C ${join(releases, 'v1')} -c . | zstd -q -3 -o ${archive}`]);
using controller = new CpuGroup('sluice-bench-controller');
using hosts = new CpuGroup('sluice-bench-hosts');

const peaks = new Map<number, number>();
for (const size of sizes.length === 0 ? [10, 50] : sizes) peaks.set(size, await compare(size));
const [few, many] = [Math.min(...peaks.keys()), Math.max(...peaks.keys())];
if (few < many && peaks.get(few) !== 0) {
  const growth = ((peaks.get(many) ?? 0) - (peaks.get(few) ?? 0)) / (many - few);
  console.log(`\nSluice's controller grows by ${growth.toFixed(2)} MB a host from ${few} to ${many} hosts.`);
}
if (given('round-trips') !== 'no') {
  console.log('\n### Round trips\n');
  await countRoundTrips(contenders, RUNS, { folder: folder.path, releases, controller, hosts });
}

/** @returns Sluice's highest peak, in MB */
async function compare(size: number): Promise<number> {
  const place = join(folder.path, `fleet-${size}`);
  await mkdir(place);
  await using yard = await Yard.open(size, place, join(folder.path, 'git'), releases, hosts);
  const results = new Results();
  const loads: number[] = [];
  const timed = async (name: string, action: string, what: Parameters<typeof measure>[0]) => {
    loads.push(loadavg()[0] ?? 0);
    const measured: Measurement = await measure(what, controller, hosts, () => yard.wireBytes());
    results.add(name, action, measured);
    process.stderr.write(`${size} hosts, ${name}, ${action}: ${measured.seconds.toFixed(2)} s\n`);
  };
  for (let run = 0; run < RUNS; run += 1) {
    await yard.clear();
    await timed('ssh host true, OpenSSH defaults', 'bare', bareSsh('', yard.stage));
    await timed(
      'ssh host true, curve25519',
      'bare',
      bareSsh('-o KexAlgorithms=curve25519-sha256', yard.stage),
    );
    await timed(
      `the archive ${size} times in one stream`,
      'bare',
      oneStream(yard.first, archive, size, yard.stage),
    );
    for (const contender of contenders) {
      await yard.clear();
      for (const action of ACTIONS) {
        await timed(contender.name, action, contender.command(action, yard.stage));
        await yard.assertServes(action === 'v2' ? 'v2' : 'v1');
      }
    }
  }
  await yard.clear();
  const cores = availableParallelism();
  console.log(`\n### ${size} hosts\n`);
  console.log(
    `Medians of ${RUNS}; load of this machine ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} on ${cores} cores.\n`,
  );
  results.print();
  return results.peakOf('Sluice');
}
