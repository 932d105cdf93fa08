/** What servers have to keep a service running, found out by logging in: for whoever begins with them. */
import { OperationError } from '../../errors.ts';
import { answerOf, valuesOf } from '../../platforms/ssh/answer.ts';
import { SshShells } from '../../platforms/ssh/ssh-shells.ts';

const TIMEOUT_MS = 60_000;

/** `system`: units of the machine; `user`: units of whoever logs in; `detached`: there is no systemd for us. */
export type ServerRun = 'system' | 'user' | 'detached';

/** The second needs a manager of its own that goes on without a login. */
const PROBE = `if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then echo "@ run system"
elif [ -d /run/systemd/system ] && [ -e "/var/lib/systemd/linger/$(id -un)" ]; then echo "@ run user"
else echo "@ run detached"; fi
echo "@ end"
`;

/**
 * The best that all of them have.
 * @throws OperationError when one of them cannot be logged in to
 * @throws InvalidInputError when one of them is not the name of a host
 */
export async function findServerRun(hosts: readonly string[]): Promise<ServerRun> {
  const shells = new SshShells();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const runs = await Promise.all(
      hosts.map(async (host) => {
        const result = await shells.shell(host).run(PROBE, { signal });
        return valuesOf(answerOf(host, 'look for systemd', result), 'run')[0];
      }),
    );
    const [first, ...others] = new Set(runs);
    return others.length === 0 && (first === 'system' || first === 'user') ? first : 'detached';
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new OperationError(`the servers did not answer within ${TIMEOUT_MS / 1_000} s`, {
      cause: error,
      remedy: 'Try `ssh` with each of them.',
    });
  } finally {
    await shells.close();
  }
}
