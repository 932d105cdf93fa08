/** What the words of ssh mean, and what to do about them. */
import { OperationError, UnreachableError } from '../../errors.ts';

interface Meaning {
  readonly words: RegExp;
  readonly means: string;
  readonly remedy: (host: string) => string;
  /** Trying again is no use until a person has done something. */
  readonly final?: boolean;
}

const MEANINGS: readonly Meaning[] = [
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    means: 'its host key is not the one that is known',
    remedy: (host) =>
      `Unless the host was installed anew, somebody may be in between. If it was: ssh-keygen -R with the name or address above, then "ssh ${host} true" once and compare the key.`,
    final: true,
  },
  {
    words: /Host key verification failed|No .* host key is known/,
    means: 'its host key is not known',
    remedy: (host) =>
      `Run "ssh ${host} true" once, compare the key with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on it) and accept it; or set StrictHostKeyChecking accept-new in the ssh config.`,
    final: true,
  },
  {
    words: /Too many authentication failures/,
    means: 'it was offered too many keys',
    remedy: () => 'Set IdentityFile and IdentitiesOnly yes for the host in the ssh config.',
    final: true,
  },
  {
    words: /Permission denied/,
    means: 'it does not let us in',
    remedy: (host) =>
      `Make "ssh -o BatchMode=yes ${host} true" work: the right User and IdentityFile in the ssh config, the key in the agent (ssh-add -l) and in authorized_keys on the host. Nobody is asked for a password.`,
    final: true,
  },
  {
    words: /Bad configuration option|bad configuration options|Bad owner or permissions/,
    means: 'the ssh config cannot be used',
    remedy: (host) => `Make "ssh -G ${host}" work.`,
    final: true,
  },
  {
    words: /Could not resolve hostname/,
    means: 'nobody knows an address for its name',
    remedy: () => 'Look for a slip in the name, or give it a HostName in the ssh config.',
  },
  {
    words: /Connection refused/,
    means: 'nothing listens there',
    remedy: () => 'Look whether sshd runs on the host, and whether its port is the one of the ssh config.',
  },
  {
    words: /No route to host|Network is unreachable|timed out|not responding/i,
    means: 'it does not answer',
    remedy: (host) => `Look whether the host is up and a firewall lets port 22 through: ssh -v ${host} true`,
  },
  {
    words: /_exchange_identification|Connection (closed|reset) by \S+ port/,
    means: 'its sshd hung up before it let us in',
    remedy: () =>
      'Look at the log of sshd on the host; too many connections at once are a matter of MaxStartups.',
  },
];

/** sshd hangs up on some of many connections before any of them is let in (MaxStartups): nothing was done yet. */
export function isDroppedBeforeLogin(said: string): boolean {
  return /_exchange_identification:|^Connection (closed|reset) by \S+ port \d+/m.test(said);
}

/** No script ran, since the host could not be reached. */
export function unreachable(host: string, said: string): UnreachableError {
  const meaning = meaningOf(said);
  const why = meaning === undefined ? 'ssh ended' : meaning.means;
  return new UnreachableError(`cannot log in to ${host}: ${why}${quoted(said)}`, {
    remedy: remedyOf(host, meaning),
    retryable: meaning?.final !== true,
    evidence: { log: linesOf(said) },
  });
}

/** A script was sent, and nobody knows how it ended. */
export function connectionLost(host: string, said: string): OperationError {
  const meaning = meaningOf(said);
  return new OperationError(
    `the connection to ${host} was lost in the middle of a script${meaning === undefined ? '' : `: ${meaning.means}`}${quoted(said)}`,
    {
      remedy: `Look whether the host is up: ssh ${host} true. What was begun there is looked at again at the next try.`,
      evidence: { log: linesOf(said) },
    },
  );
}

function meaningOf(said: string): Meaning | undefined {
  return MEANINGS.find(({ words }) => words.test(said));
}

function remedyOf(host: string, meaning: Meaning | undefined): string {
  return meaning?.remedy(host) ?? `Make "ssh -o BatchMode=yes ${host} true" work, then try again.`;
}

const MOST_LINES = 10;
const MOST_CHARACTERS = 300;

/** The last lines, without what steers a terminal. */
function linesOf(said: string): string[] {
  return said
    .split('\n')
    .map((line) => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, MOST_CHARACTERS))
    .filter((line) => line.trim() !== '' && !/^@+$/.test(line))
    .slice(-MOST_LINES);
}

function quoted(said: string): string {
  const last = linesOf(said).at(-1);
  return last === undefined ? '' : ` (ssh: ${last})`;
}
