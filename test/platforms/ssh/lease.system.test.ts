import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { OperationContext } from '../../../src/domain/operation.ts';
import { patient } from './workshop.ts';
import { Yard } from './yard.ts';

const under = (epoch: number, since = 1_700_000_000_000): OperationContext => ({
  ...patient(),
  lease: { epoch, since },
});

const ANN = { authority: 'journal-of-ann', who: 'ann@laptop pid 1', doing: 'deploys 1.0.0' };
const BOB = { authority: 'journal-of-bob', who: "bob's $(laptop)\npid 2", doing: 'deploys 2.0.0' };

async function leases(yard: Yard): Promise<string[]> {
  return (await readdir(yard.path('a', '.sluice'))).filter((name) => /^(lease|taking)\./.test(name));
}

test('another journal cannot deploy while a lease holds, and is told who has it', async () => {
  await using yard = await Yard.open({ 'main.sh': 'exec sleep 600' });
  const release = await yard.release();
  await using ann = yard.another({ holder: ANN });
  await using bob = yard.another({ holder: BOB });
  await ann.stage('a', release, under(1));
  // In the same round trip as the survey.
  expect(yard.shells.trips).toHaveLength(2);
  for (const refused of [
    () => bob.stage('a', release, under(9)),
    () => bob.activate('a', release, under(9)),
    () => bob.stop('a', release, under(9)),
    () => bob.prune('a', 'api', [], under(9)),
  ]) {
    await expect(refused()).rejects.toMatchObject({
      code: 'LEASE_HELD',
      holder: 'ann@laptop pid 1',
      since: 1_700_000_000_000,
      doing: 'deploys 1.0.0',
    });
  }
  expect(await bob.inspect('api', ['a'], patient())).toEqual([]);
  expect(await yard.releases('a')).toEqual([release.id]);
  await ann.leave('api', ['a'], under(1));
  await bob.prune('a', 'api', [], under(9));
  await expect(ann.activate('a', release, under(1))).rejects.toMatchObject({
    code: 'LEASE_HELD',
    holder: "bob's $(laptop) pid 2",
  });
  expect(await leases(yard)).toHaveLength(1);
});

test('a later lease of the same journal follows at once, and the earlier one is fenced', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const release = await yard.release();
  await using ann = yard.another({ holder: ANN });
  await ann.stage('a', release, under(4));
  await ann.stage('a', release, under(5));
  await expect(ann.stage('a', release, under(4))).rejects.toMatchObject({ code: 'FENCED' });
  // One that ends its own lease does not end the later one.
  await ann.leave('api', ['a'], under(4));
  await using bob = yard.another({ holder: BOB });
  await expect(bob.stage('a', release, under(1))).rejects.toMatchObject({ code: 'LEASE_HELD' });
  // The epochs of a new journal begin anew; it was taken later.
  await ann.stage('a', release, under(1, 1_800_000_000_000));
});

test('a lease that has expired holds nobody up', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const release = await yard.release();
  await using ann = yard.another({ holder: { ...ANN, seconds: 0 } });
  await ann.stage('a', release, under(1));
  await using bob = yard.another({ holder: BOB });
  await bob.stage('a', release, under(1));
  await expect(ann.stage('a', release, under(1))).rejects.toMatchObject({ code: 'LEASE_HELD' });
});

test('of many that come at once one gets the lease', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const release = await yard.release();
  await mkdir(yard.path('a', '.sluice'), { recursive: true });
  await writeFile(yard.path('a', '.sluice/lease.7'), 'old\n1\n1\n0\nsomebody\nsomething\n');
  const controllers = Array.from({ length: 12 }, (_, index) =>
    yard.another({ holder: { authority: `journal-${index}`, who: `controller ${index}`, doing: 'x' } }),
  );
  const results = await Promise.allSettled(
    controllers.map((controller) => controller.prune('a', release.service, [], under(1))),
  );
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  expect(refused).toEqual(Array.from({ length: 11 }, () => 'LEASE_HELD'));
  expect(await leases(yard)).toEqual(['lease.8']);
});

test('without a name nothing is leased', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  await yard.platform.stage('a', await yard.release(), under(1));
  expect(await leases(yard)).toEqual([]);
});
