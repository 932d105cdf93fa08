/** The machine of a load balancer that is reached over SSH: scripts over a connection, sockets through forwards. */

import type { SshSettings } from '../../platforms/ssh/ssh-config.ts';
import { SshForward } from '../../platforms/ssh/ssh-forward.ts';
import type { SshShells } from '../../platforms/ssh/ssh-shells.ts';
import type { BalancerReach } from './load-balancer.ts';

/** @param shells are whoever's gave them */
export function sshReach(host: string, shells: SshShells, settings: SshSettings): BalancerReach {
  const shell = shells.shell(host);
  const forwards: SshForward[] = [];
  return {
    run: (script, options) => shell.run(script, options),
    socket(place) {
      const forward = new SshForward(host, place, settings);
      forwards.push(forward);
      return (signal) => forward.open(signal);
    },
    close() {
      for (const forward of forwards) forward.close();
    },
  };
}
