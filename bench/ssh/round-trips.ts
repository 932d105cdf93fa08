/**
 * How often a tool waits for the wire, one after the other: the same deployment to one host is done behind a line of no delay and
 * behind one of 200 ms there and back, and what it takes longer is divided by 200 ms. So it counts the round trips of TCP,
 * of the login and of what is asked, for every tool alike; what goes on at the same time counts once.
 */

import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server, Socket } from 'node:net';
import { join } from 'node:path';
import { median } from '../median.ts';
import { ACTIONS, type Contender } from './contenders.ts';
import { type CpuGroup, measure } from './measure.ts';
import { Yard } from './yard.ts';

const RTT_MS = 200;
/** Of this machine alone: the far end of the line. */
const RELAY = '127.0.77.1';
const PORTS = [22, 8080];

export interface RoundTripPlace {
  readonly folder: string;
  readonly releases: string;
  readonly controller: CpuGroup;
  readonly hosts: CpuGroup;
}

/** Prints a table. */
export async function countRoundTrips(
  contenders: readonly Contender[],
  runs: number,
  { folder, releases, controller, hosts }: RoundTripPlace,
): Promise<void> {
  const place = join(folder, 'fleet-1');
  await mkdir(place);
  await using yard = await Yard.open(1, place, join(folder, 'git'), releases, hosts);
  await yard.reachThrough(RELAY);
  await using line = await Line.open(yard.first);
  console.log('| | cold | v2 | rollback |\n|---|---|---|---|');
  for (const contender of contenders) {
    const counts: number[][] = ACTIONS.map(() => []);
    for (let run = 0; run < runs; run += 1) {
      const seconds: number[][] = [];
      for (const rttMs of [0, RTT_MS]) {
        line.rttMs = rttMs;
        await yard.clear();
        const took: number[] = [];
        for (const action of ACTIONS) {
          const command = contender.command(action, yard.stage);
          took.push((await measure(command, controller, hosts, () => 0)).seconds);
        }
        seconds.push(took);
      }
      for (const at of ACTIONS.keys()) {
        counts[at]?.push(((seconds[1]?.[at] ?? 0) - (seconds[0]?.[at] ?? 0)) / (RTT_MS / 1_000));
      }
    }
    console.log(`| ${[contender.name, ...counts.map((all) => median(all).toFixed(0))].join(' | ')} |`);
  }
  await yard.clear();
}

/** Carries what comes to this end to the host, as late as a long line would. */
class Line implements AsyncDisposable {
  rttMs = 0;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  static async open(host: string): Promise<Line> {
    const line = new Line();
    for (const port of PORTS) {
      const server = createServer({ noDelay: true }, (near) => line.#carry(near, host, port));
      server.listen(port, RELAY);
      await once(server, 'listening');
      line.#servers.push(server);
    }
    return line;
  }

  #carry(near: Socket, host: string, port: number): void {
    const far = new Socket();
    far.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        this.#later(() => to.destroy());
      });
      from.on('data', (chunk) => this.#later(() => to.writable && to.write(chunk)));
      from.on('end', () => this.#later(() => to.end()));
    }
    // The handshake of TCP goes there and back before anything else does.
    near.pause();
    setTimeout(() => far.connect(port, host, () => near.resume()), this.rttMs);
  }

  #later(work: () => void): void {
    if (this.rttMs === 0) work();
    else setTimeout(work, this.rttMs / 2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
