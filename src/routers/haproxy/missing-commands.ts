import { weightsFor } from '../weights.ts';
import type { RunningServer } from './answers.ts';
import { addServer, setState, setWeight } from './commands.ts';
import { HEAVIEST, type Pool } from './config-block.ts';
import { serverName } from './server-name.ts';

/** What has to be told to HAProxy so that it is as the pool says; servers that are on their way in stay. */
export function missingCommands(
  name: string,
  { members, split }: Pool,
  servers: readonly RunningServer[],
  options: readonly string[],
): readonly string[] {
  const running = new Map(servers.map((server) => [server.name, server]));
  const weights = weightsFor(members, split, HEAVIEST);
  const added: string[] = [];
  const changes: { readonly by: number; readonly command: string }[] = [];
  for (const [i, member] of members.entries()) {
    const server = serverName(member);
    const weight = weights[i] ?? 0;
    const now = running.get(server);
    running.delete(server);
    if (now === undefined) added.push(...addServer(name, server, member.address, options));
    else if (now.draining || now.inMaintenance) added.push(setState(name, server, 'ready'));
    const by = weight - (now?.weight ?? 0);
    if (by !== 0) changes.push({ by, command: setWeight(name, server, weight) });
  }
  // More for some before less for others, so that at no moment all have nothing.
  changes.sort((a, b) => b.by - a.by);
  const strays = [...running.values()].filter(
    (each) => each.weight > 0 && !each.draining && !each.inMaintenance,
  );
  const leaving = strays.map((stray) => setState(name, stray.name, 'drain'));
  return [...added, ...changes.map(({ command }) => command), ...leaving];
}
