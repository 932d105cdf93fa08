/** The ssh platform on servers where systemd runs the services. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { requiresSystemdHost } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import { SCOPES, type Scope, SystemdYard } from './systemd-yard.ts';
import { PRINTS } from './workshop.ts';

describe.runIf(requiresSystemdHost())('the ssh platform with systemd', () => {
  let fleet: SshFleet;
  /** A release that was there before has a log in the journal: each case has its own. */
  let opened = 0;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 2, systemd: true, sshdConfig: 'UsePAM yes' });
    for (const host of fleet.hosts) await host.exec(['loginctl', 'enable-linger', 'deploy']);
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  function opener(where: Scope, ports: readonly number[]) {
    return async (): Promise<OpenedPlatform> => {
      const yard = await SystemdYard.of(fleet, where, { ports });
      opened += 1;
      const env = { OPENED: `${opened}` };
      return {
        platform: yard.platform,
        service: 'api',
        targets: ['h001', 'h002'],
        release: (version) => yard.unit(PRINTS, { version, env }),
        crashing: (version) => yard.unit('echo broken; exit 3', { version, env }),
        close: () => yard[Symbol.asyncDispose](),
      };
    };
  }

  describe('in the system scope', () => {
    test.each(platformConformance(opener(SCOPES[0]!, [])))('$name', ({ run }) => run());
  });

  describe('in the user scope, with two ports', () => {
    const cases = platformConformance(opener(SCOPES[1]!, [8081, 8082]));
    test.each(cases.filter(({ name }) => /beside|crash|log/.test(name)))('$name', ({ run }) => run());
  });
});
