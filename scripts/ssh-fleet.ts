/**
 * A fleet of SSH servers on this machine, to try things by hand (as root):
 *
 *   npm run ssh-fleet -- up 10 [rtt=MS] [rate=MBIT] [disk=MB]
 *   npm run ssh-fleet -- down
 *
 * `up` prints the ssh config to use; a host is `ssh -F CONFIG h001`. `down` takes down every fleet that was brought up so.
 */
import { requiresSshFleet } from '../test/support/requires.ts';
import { startSshFleet } from '../test/support/ssh-fleet.ts';
import { clearFleets } from '../test/support/ssh-fleet-slot.ts';

const [verb, count = '10', ...words] = process.argv.slice(2);
const amounts = Object.fromEntries(words.map((word) => word.split('=')));
const known = ['rtt', 'rate', 'disk'];

if (!requiresSshFleet()) process.exitCode = 1;
else if (verb === 'up' && Number(count) > 0 && Object.keys(amounts).every((key) => known.includes(key))) {
  const begun = performance.now();
  const fleet = await startSshFleet({
    hosts: Number(count),
    kept: true,
    ...(amounts.rtt === undefined ? {} : { rttMs: Number(amounts.rtt) }),
    ...(amounts.rate === undefined ? {} : { rateMbit: Number(amounts.rate) }),
    ...(amounts.disk === undefined ? {} : { diskMb: Number(amounts.disk) }),
  });
  const seconds = ((performance.now() - begun) / 1_000).toFixed(2);
  console.log(`${fleet.hosts.length} hosts in ${seconds} s: ssh -F ${fleet.configFile} h001`);
} else if (verb === 'down') {
  for (const folder of await clearFleets()) console.log(`down: ${folder}`);
} else {
  console.error('usage: npm run ssh-fleet -- up HOSTS [rtt=MS] [rate=MBIT] [disk=MB] | down');
  process.exitCode = 2;
}
