/**
 * What OpenSSH itself says that its configuration means for a host (`ssh -G`), and the few options that are
 * set on top of it. Everything else of `~/.ssh/config` holds as it is.
 */
import { InvalidInputError } from '../../errors.ts';
import { defaultConfig, effectiveConfig } from './effective-config.ts';

export interface SshSettings {
  /** Read instead of `~/.ssh/config`, as `ssh -F` does. */
  readonly configFile?: string;
  /** How long logging in to a host may take, in seconds, where its config says nothing. Default 10. */
  readonly connectTimeoutSeconds?: number;
  /** A host that says nothing is asked for a sign of life this often, where its config says nothing. Default 5. */
  readonly aliveIntervalSeconds?: number;
}

/** How to connect to a host. */
export interface SshRoute {
  /** Everything between `ssh` and the command. */
  readonly args: readonly string[];
  /** Each sshd that is logged in to on the way, the host's own last. */
  readonly doors: readonly string[];
  /** The host's own name or address: what its `HostName` is, where the config gives it another name. */
  readonly address: string;
  readonly connectTimeoutMs: number;
}

const ALIVE_COUNT = 3;

/** @throws OperationError where ssh cannot be asked */
export async function routeTo(host: string, settings: SshSettings): Promise<SshRoute> {
  // What a shell reads otherwise: a ProxyCommand, or Match exec, of the config hands the name to one.
  if (!/^(?!-)[^\s\p{Cc}'"`$\\;&<>|(){}]+$/u.test(host)) {
    throw new InvalidInputError(`${JSON.stringify(host)} is no name of a host`, {
      remedy:
        'Give a name of the ssh config, a host name or user@host, without spaces, quotes, and what is special to a shell.',
    });
  }
  const [effective, defaults] = await Promise.all([
    effectiveConfig(host, settings.configFile ?? null),
    defaultConfig(),
  ]);
  const defaultKex = parseConfig(defaults).get('kexalgorithms') ?? '';
  return routeFrom(host, parseConfig(effective), defaultKex, settings);
}

/** The route that a config means; pure. */
export function routeFrom(
  host: string,
  config: ReadonlyMap<string, string>,
  defaultKex: string,
  settings: SshSettings,
): SshRoute {
  const timeout = secondsOr(config.get('connecttimeout'), settings.connectTimeoutSeconds ?? 10);
  const options = [
    'BatchMode=yes',
    'ClearAllForwardings=yes',
    'ControlMaster=no',
    'EscapeChar=none',
    'LogLevel=INFO',
    'RemoteCommand=none',
    `ConnectTimeout=${timeout}`,
    ...(config.get('stricthostkeychecking') === 'accept-new' ? [] : ['StrictHostKeyChecking=yes']),
    ...(secondsOr(config.get('serveraliveinterval'), 0) > 0
      ? []
      : [`ServerAliveInterval=${settings.aliveIntervalSeconds ?? 5}`, `ServerAliveCountMax=${ALIVE_COUNT}`]),
    ...keyExchange(config.get('kexalgorithms') ?? '', defaultKex),
  ];
  const file = settings.configFile === undefined ? [] : ['-F', settings.configFile];
  const address = config.get('hostname') ?? host;
  return {
    args: [...file, '-T', ...options.flatMap((option) => ['-o', option]), '--', host],
    doors: [...jumps(config), `${address}:${config.get('port') ?? 22}`],
    address,
    connectTimeoutMs: timeout * 1_000,
  };
}

export function parseConfig(text: string): Map<string, string> {
  const config = new Map<string, string>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    const key = line.slice(0, space);
    if (space > 0 && !config.has(key)) config.set(key, line.slice(space + 1));
  }
  return config;
}

function jumps(config: ReadonlyMap<string, string>): string[] {
  const jump = config.get('proxyjump') ?? 'none';
  return jump === 'none' ? [] : jump.split(',').map((one) => `jump ${one}`);
}

/**
 * The first choice of OpenSSH 8.5 to 9.8 costs the client 80 ms of CPU a connection; curve25519 costs 12.
 * Whoever chose their own, and newer releases, whose first choice is a fast one, keep theirs.
 */
function keyExchange(effective: string, defaultKex: string): string[] {
  if (effective !== defaultKex || !effective.startsWith('sntrup761')) return [];
  const all = effective.split(',');
  const fast = all.filter((name) => name.startsWith('curve25519-'));
  return [`KexAlgorithms=${[...fast, ...all.filter((name) => !fast.includes(name))].join(',')}`];
}

function secondsOr(value: string | undefined, otherwise: number): number {
  return value !== undefined && /^[1-9]\d*$/.test(value) ? Number(value) : otherwise;
}
