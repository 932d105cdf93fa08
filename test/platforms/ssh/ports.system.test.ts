import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { patient } from './workshop.ts';
import { Yard } from './yard.ts';

const SAYS_PORT = 'echo "port $PORT"; exec sleep 600';

async function addresses(yard: Yard, ports: readonly number[]): Promise<(string | undefined)[]> {
  const seen = await yard.another({ ports }).inspect('api', ['a'], patient());
  return seen.map(({ address, release }) => `${release.split('-')[0]} ${address?.port ?? 'none'}`);
}

test('an instance keeps the address that it was started with, whatever ports the config has by now', async () => {
  await using yard = await Yard.open({}, { ports: [9001, 9002] });
  const one = await yard.program(SAYS_PORT, { version: '1' });
  const two = await yard.program(SAYS_PORT, { version: '2' });
  await yard.deploy('a', one);
  expect(await addresses(yard, [9101, 9102])).toEqual(['1 9001']);

  const moved = yard.another({ ports: [9101, 9102] });
  await moved.stage('a', two, patient());
  await moved.activate('a', two, patient());
  expect(await addresses(yard, [9101, 9102])).toEqual(['1 9001', '2 9102']);
  const log = () => readFile(yard.path('a', 'logs', `${two.id}.log`), 'utf8');
  await waitFor('the second to say its port', async () => (await log()) === 'port 9102\n');

  // What runs already stays where it is; only a start gives it another.
  await moved.activate('a', one, patient());
  expect(await addresses(yard, [9101, 9102])).toEqual(['1 9001', '2 9102']);
});

test('in the place of another a release has the port of now, or none', async () => {
  await using yard = await Yard.open({}, { ports: [9001] });
  await yard.deploy('a', await yard.program(SAYS_PORT, { version: '1' }));
  for (const ports of [[9101], []]) {
    const moved = yard.another({ ports });
    const release = await yard.program(SAYS_PORT, { version: `2.${ports.length}` });
    await moved.stage('a', release, patient());
    await moved.activate('a', release, patient());
    expect(await addresses(yard, [9001])).toEqual([`2.${ports.length} ${ports[0] ?? 'none'}`]);
  }
});
