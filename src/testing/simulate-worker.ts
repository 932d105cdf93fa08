/** A thread of `simulate-main.ts`: is sent blocks of seeds, and sends back what came of each. */
import { parentPort } from 'node:worker_threads';
import { type Block, simulateSeeds } from './simulation/simulate-seeds.ts';

parentPort?.on('message', (block: Block) => {
  void simulateSeeds(block).then((tally) => parentPort?.postMessage(tally));
});
