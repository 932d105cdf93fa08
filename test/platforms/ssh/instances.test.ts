import { expect, test } from 'vitest';
import { instancesOf } from '../../../src/platforms/ssh/instances.ts';

/** What a host answers about one slot with a unit. */
function seen(facts: Readonly<Record<string, string>>, code = '0') {
  const lines = [
    { key: 'instance', value: '1 1.0.0-0123456789ab 17' },
    { key: 'status', value: code },
    ...Object.entries(facts).map(([name, value]) => ({ key: 'said', value: `${name}=${value}` })),
    { key: 'port', value: '' },
    { key: 'log', value: 'broken' },
  ];
  return instancesOf('a', 'a.example', lines)[0];
}

test('a unit that waits to be started again has crashed once more than systemd has counted', () => {
  const facts = {
    ActiveState: 'activating',
    SubState: 'auto-restart',
    NRestarts: '2',
    MainPID: '0',
    ExecMainCode: '1',
    ExecMainStatus: '3',
  };
  expect(seen(facts)).toEqual({
    target: 'a',
    release: '1.0.0-0123456789ab',
    state: 'starting',
    startedAt: 17_000,
    restarts: 3,
    evidence: { exitCode: 3, log: ['broken'] },
  });
});

test('of one that runs again there is no exit code yet', () => {
  const facts = {
    ActiveState: 'active',
    SubState: 'running',
    NRestarts: '3',
    MainPID: '7',
    ExecMainCode: '0',
    ExecMainStatus: '0',
  };
  expect(seen(facts)).toMatchObject({ state: 'running', pid: 7, restarts: 3 });
  expect(seen(facts)?.evidence).toEqual({ log: ['broken'] });
});

test.each([
  ['2', '9', 'SIGKILL'],
  ['3', '11', 'SIGSEGV'],
  ['2', '63', 'signal 63'],
])('a signal has its name (code %s, status %s: %s)', (ExecMainCode, ExecMainStatus, signal) => {
  const facts = { ActiveState: 'failed', SubState: 'failed', NRestarts: '0', ExecMainCode, ExecMainStatus };
  expect(seen(facts, '3')).toMatchObject({ state: 'exited', evidence: { signal, log: ['broken'] } });
});
