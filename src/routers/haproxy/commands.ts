/**
 * The lines that are sent to HAProxy's runtime socket. On it a `;` or a line break begins another command and
 * a space another word, so every word that comes from outside is checked here, whoever checked it before.
 */
import { isIPv6 } from 'node:net';
import type { Address } from '../../domain/target.ts';
import { InvalidInputError } from '../../errors.ts';

/** What HAProxy allows in the names of proxies and servers. */
const NAME = /^[A-Za-z0-9_.:-]+$/;

/** A word of a `server` line that means the same in the file and on the socket. */
const WORD = /^[A-Za-z0-9_.:,()/=@*+-]+$/;

/** One line holds at most 16 kB (`tune.bufsize`). */
const LONGEST_LINE = 8_000;

/** Adds the server at weight 0 and begins to check it. */
export function addServer(
  backend: string,
  server: string,
  address: Address,
  options: readonly string[],
): string[] {
  const place = placeOf(backend, server);
  const words = options.map(assertWord);
  return [
    ['add server', place, addressText(address), 'weight 0 check', ...words].join(' '),
    `enable health ${place}`,
    `enable server ${place}`,
  ];
}

/** @param weight 0 to 256 */
export function setWeight(backend: string, server: string, weight: number): string {
  if (Number.isInteger(weight) && weight >= 0 && weight <= 256)
    return `set server ${placeOf(backend, server)} weight ${weight}`;
  throw new InvalidInputError(`${weight} cannot be the weight of a server: HAProxy has 0 to 256`);
}

export function setState(backend: string, server: string, state: 'ready' | 'drain' | 'maint'): string {
  return `set server ${placeOf(backend, server)} state ${state}`;
}

export function endSessions(backend: string, server: string): string {
  return `shutdown sessions server ${placeOf(backend, server)}`;
}

export function deleteServer(backend: string, server: string): string {
  return `del server ${placeOf(backend, server)}`;
}

/** The servers of the backend, first with their counters, then with what they were told. */
export function showServers(backend: string): string {
  const name = assertBackendName(backend);
  return `show stat ${name} 4 -1; show servers state ${name}`;
}

/** As few lines as HAProxy can take, each with as many commands as fit. */
export function joined(commands: readonly string[]): string[] {
  const lines: string[] = [];
  for (const command of commands) {
    const last = lines.at(-1);
    if (last === undefined || last.length + command.length > LONGEST_LINE) lines.push(command);
    else lines[lines.length - 1] = `${last}; ${command}`;
  }
  return lines;
}

/** The server as the file has it: the same words as on the socket. */
export function serverLine(
  server: string,
  address: Address,
  weight: number,
  options: readonly string[],
): string {
  const words = options.map(assertWord);
  return [
    'server',
    assertName('server', server),
    addressText(address),
    'weight',
    weight,
    'check',
    ...words,
  ].join(' ');
}

/** @throws InvalidInputError unless HAProxy could have a backend of this name */
export function assertBackendName(name: string): string {
  return assertName('backend', name);
}

/** @throws InvalidInputError for what cannot be one word of a `server` line */
export function assertWord(word: string): string {
  if (WORD.test(word)) return word;
  throw new InvalidInputError(`${JSON.stringify(word)} cannot be one word of a server line of HAProxy`, {
    remedy: 'Give each word by itself, such as "inter", "500ms"; a word has no spaces, quotes or semicolons.',
  });
}

function placeOf(backend: string, server: string): string {
  return `${assertBackendName(backend)}/${assertName('server', server)}`;
}

function assertName(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new InvalidInputError(`${JSON.stringify(name)} cannot be the name of a ${what} in HAProxy`, {
    remedy: 'Use letters, digits, dots, dashes, underscores and colons.',
  });
}

/** The socket takes no host names for servers that are added, so it is an IP address by now. */
function addressText({ host, port }: Address): string {
  const valid = /^[0-9a-fA-F:.]+$/.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535;
  if (!valid)
    throw new InvalidInputError(`${JSON.stringify(`${host}:${port}`)} cannot be an IP address and port`);
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
