import { describe, expect, test } from 'vitest';
import { problemsIn } from './config-files.ts';

/** The problems of a service with these lines, the first of which is line 4. */
function problemsInService(...lines: string[]): Promise<readonly string[]> {
  return problemsIn(
    ['services:', '  api:', '    command: node server.js', ...lines.map((line) => `    ${line}`)].join('\n'),
  );
}

describe('mistakes in a service', () => {
  const cases: [string, string][] = [
    ['instances: 0', '4:16 services.api.instances: 0 is less than 1'],
    ['instances: 1.5', '4:16 services.api.instances: 1.5 is not a whole number'],
    ['instances: two', '4:16 services.api.instances: must be a number, not "two"'],
    ['instances:', '4:5 services.api.instances: has no value'],
    ['port: 99999', '4:11 services.api.port: 99999 is more than 65535'],
    ['prot: 80', '4:5 services.api.prot: unknown key, did you mean "port"?'],
    ['stop-timeout: 1s', '4:5 services.api.stop-timeout: unknown key, did you mean "stopTimeout"?'],
    [
      'volumes: []',
      '4:5 services.api.volumes: unknown key, known: folder, command, ignore, env, secrets, platform, instances, port, ' +
        'hosts, stopTimeout, strategy, checks, hooks, policy, history, router',
    ],
    ['folder: ""', '4:13 services.api.folder: is empty'],
    ['folder: "a\\0b"', '4:13 services.api.folder: holds a NUL character'],
    ['ignore: test', '4:13 services.api.ignore: must be a list, not "test"'],
    ['env: [A=1]', '4:10 services.api.env: must be a mapping, not a list'],
    ['env: { A: }', '4:12 services.api.env.A: has no value'],
    ['env: { A: [1] }', '4:15 services.api.env.A: must be text, a number or true or false, not a list'],
    ['env: { a-b: 1 }', '4:12 services.api.env.a-b: "a-b" is not the name of an environment variable'],
    ['env: { PORT: 80 }', '4:18 services.api.env.PORT: is given by Sluice, another one to each instance'],
    ['env: { __proto__: 1 }', '4:10 services.api.env: __proto__ cannot be a key'],
    ['secrets: [A B]', '4:15 services.api.secrets[0]: "A B" is not the name of an environment variable'],
    [
      'hosts: [http://x]',
      '4:13 services.api.hosts[0]: "http://x" is not a host name such as api.example.com',
    ],
    ['hosts: [x, X]', '4:16 services.api.hosts[1]: "x" is given twice'],
    [
      'stopTimeout: soon',
      '4:18 services.api.stopTimeout: "soon" is not a duration; write it like 500ms, 10s, 5m or 1h',
    ],
    ['stopTimeout: 2h', '4:18 services.api.stopTimeout: 2h is more than 1h'],
    ['port: 1', ''],
  ];
  test.each(cases)('%s', async (line, problem) => {
    expect(await problemsInService(line)).toEqual(problem === '' ? [] : [`sluice.config.yaml:${problem}`]);
  });

  test('a command that is missing, empty or of the wrong kind', async () => {
    const command = (text: string) => problemsIn(`services:\n  api: { ${text} }`);
    expect(await command('')).toEqual(['sluice.config.yaml:2:3 services.api.command: is missing']);
    expect(await command('command: ')).toEqual([
      'sluice.config.yaml:2:10 services.api.command: has no value',
    ]);
    expect(await command('command: ""')).toEqual(['sluice.config.yaml:2:19 services.api.command: is empty']);
    expect(await command('command: []')).toEqual(['sluice.config.yaml:2:19 services.api.command: is empty']);
    expect(await command('command: 5')).toEqual([
      'sluice.config.yaml:2:19 services.api.command: must be text or a list, not 5',
    ]);
    expect(await command('command: [node, 5]')).toEqual([
      'sluice.config.yaml:2:26 services.api.command[1]: must be text, not 5',
    ]);
  });

  test('secrets and env that have the same name', async () => {
    expect(await problemsInService('env: { A: 1 }', 'secrets: [B, A]')).toEqual([
      'sluice.config.yaml:5:18 services.api.secrets[1]: A is in `env` too; keep one of them',
    ]);
  });

  test('a check that begins when the time to become healthy is over', async () => {
    expect(await problemsInService('checks: [{ type: tcp, startDelay: 1m }]')).toEqual([
      'sluice.config.yaml:4:39 services.api.checks[0].startDelay: leaves no time until `policy.healthTimeout` is over',
    ]);
    const longer = 'policy: { healthTimeout: 61s }';
    expect(await problemsInService('checks: [{ type: tcp, startDelay: 1m }]', longer)).toEqual([]);
  });

  test('more healthy instances asked for than there are', async () => {
    expect(await problemsInService('instances: 3', 'policy: { minAvailable: 4 }')).toEqual([
      'sluice.config.yaml:5:29 services.api.policy.minAvailable: 4 is more than the 3 instances',
    ]);
  });
});

describe('mistakes in a strategy speak of the strategy that was meant', () => {
  const cases: [string, ...string[]][] = [
    [
      'canry',
      '4:15 services.api.strategy: "canry" is not rolling, canary, blueGreen or allAtOnce; did you mean "canary"?',
    ],
    [
      'blue-green',
      '4:15 services.api.strategy: "blue-green" is not rolling, canary, blueGreen or allAtOnce; did you mean "blueGreen"?',
    ],
    ['weekly', '4:15 services.api.strategy: "weekly" is not rolling, canary, blueGreen or allAtOnce'],
    ['5', '4:15 services.api.strategy: must be text or a mapping, not 5'],
    ['[canary]', '4:15 services.api.strategy: must be text or a mapping, not a list'],
    ['', '4:5 services.api.strategy: has no value'],
    [
      '{ stages: [10] }',
      '4:5 services.api.strategy.type: is missing: rolling, canary, blueGreen or allAtOnce',
    ],
    [
      '{ type: canry }',
      '4:23 services.api.strategy.type: "canry" is not rolling, canary, blueGreen or allAtOnce; did you mean "canary"?',
    ],
    ['{ type: canary, stage: [] }', '4:31 services.api.strategy.stage: unknown key, did you mean "stages"?'],
    ['{ type: allAtOnce, bake: 1s }', '4:34 services.api.strategy.bake: unknown key, known: type'],
    ['{ type: canary, stages: 10 }', '4:39 services.api.strategy.stages: must be a list, not 10'],
    ['{ type: canary, stages: [] }', '4:39 services.api.strategy.stages: is empty'],
    [
      '{ type: canary, stages: [10%] }',
      '4:40 services.api.strategy.stages[0]: must be a number or a mapping, not "10%"',
    ],
    ['{ type: canary, stages: [0] }', '4:40 services.api.strategy.stages[0]: 0 is less than 0.1'],
    ['{ type: canary, stages: [5, 150] }', '4:43 services.api.strategy.stages[1]: 150 is more than 100'],
    [
      '{ type: canary, stages: [{ percent: 150 }] }',
      '4:51 services.api.strategy.stages[0].percent: 150 is more than 100',
    ],
    ['{ type: canary, stages: [{ bake: 1s }] }', '4:40 services.api.strategy.stages[0].percent: is missing'],
    [
      '{ type: canary, stages: [50, { percent: 25 }] }',
      '4:55 services.api.strategy.stages[1].percent: 25 is not more than 50, the stage before',
    ],
    [
      '{ type: canary, stages: [100, 100] }',
      '4:45 services.api.strategy.stages[1].percent: 100 is not more than 100, the stage before',
    ],
    [
      '{ type: canary, stages: [{ percent: 5, gate: "" }] }',
      '4:60 services.api.strategy.stages[0].gate: is empty',
    ],
    ['{ type: rolling, batchSize: 0 }', '4:43 services.api.strategy.batchSize: 0 is less than 1'],
    [
      '{ type: rolling, batchSize: most }',
      '4:43 services.api.strategy.batchSize: "most" is neither a count such as 2 nor a percentage such as 25%',
    ],
    [
      '{ type: rolling, inPlace: yes }',
      '4:41 services.api.strategy.inPlace: must be true or false, not "yes"',
    ],
    [
      '{ type: rolling, inPlace: true, maxUnavailable: 0% }',
      '4:63 services.api.strategy.maxUnavailable: 0% leaves nothing to do in place; allow at least 1, or leave out `inPlace`',
    ],
    ['{ type: rolling, maxUnavailable: 0 }'],
    ['{ type: blueGreen, gate: { name: go } }'],
    ['{ type: blueGreen, gate: { name: go, approvals: 2, approvers: [ann, bob@desk] } }'],
    [
      '{ type: blueGreen, gate: { deadline: 0 } }',
      '4:34 services.api.strategy.gate.name: is missing',
      '4:52 services.api.strategy.gate.deadline: 0 is less than 1s',
    ],
    ['{ type: blueGreen, gate: 5 }', '4:40 services.api.strategy.gate: must be text or a mapping, not 5'],
    [
      '{ type: blueGreen, gate: { name: go, approvals: 0 } }',
      '4:63 services.api.strategy.gate.approvals: 0 is less than 1',
    ],
    [
      '{ type: blueGreen, gate: { name: go, approvers: [] } }',
      '4:63 services.api.strategy.gate.approvers: is empty',
    ],
    [
      '{ type: blueGreen, gate: { name: go, approvers: [a b] } }',
      '4:64 services.api.strategy.gate.approvers[0]: "a b" is not a name such as ann or ann@laptop',
    ],
    [
      '{ type: blueGreen, gate: { name: go, approvers: ann } }',
      '4:63 services.api.strategy.gate.approvers: must be a list, not "ann"',
    ],
    [
      '{ type: blueGreen, gate: { name: go, aprovals: 2 } }',
      '4:52 services.api.strategy.gate.aprovals: unknown key, did you mean "approvals"?',
    ],
    [
      '{ type: canary, stages: [{ percent: 5, gate: { name: go, approvals: 3, approvers: [ann, bob] } }] }',
      '4:83 services.api.strategy.stages[0].gate.approvals: 3 approvals, and only 2 who may approve (ann, bob)',
    ],
    [
      '{ type: blueGreen, gate: { name: go, approvals: 2, approvers: [ann, ann@desk] } }',
      '4:63 services.api.strategy.gate.approvals: 2 approvals, and only 1 who may approve (ann, ann@desk)',
    ],
  ];
  test.each(cases)('%s', async (strategy, ...problems) => {
    const expected = problems.map((problem) => `sluice.config.yaml:${problem}`);
    expect(await problemsInService(`strategy: ${strategy}`)).toEqual(expected);
  });
});

describe('mistakes in checks speak of the check that was meant', () => {
  const cases: [string, ...string[]][] = [
    [
      '{ type: htp }',
      '4:22 services.api.checks[0].type: "htp" is not http, tcp, command, disk or memory; did you mean "http"?',
    ],
    ['{ path: / }', '4:14 services.api.checks[0].type: is missing: http, tcp, command, disk or memory'],
    ['{ type: }', '4:16 services.api.checks[0].type: has no value'],
    ['tcp', '4:14 services.api.checks[0]: must be a mapping, not "tcp"'],
    ['{ type: http, pth: / }', '4:28 services.api.checks[0].pth: unknown key, did you mean "path"?'],
    [
      '{ type: http, path: healthz }',
      '4:34 services.api.checks[0].path: "healthz" is not a path that begins with /',
    ],
    [
      '{ type: http, url: localhost }',
      '4:33 services.api.checks[0].url: "localhost" is not a URL that begins with http:// or https://',
    ],
    [
      '{ type: http, url: http://x, path: / }',
      '4:33 services.api.checks[0].url: leave out `url` or `path`; only one can be asked',
    ],
    ['{ type: http, expectStatus: 99 }', '4:42 services.api.checks[0].expectStatus: 99 is less than 100'],
    [
      '{ type: http, expectStatus: ok }',
      '4:42 services.api.checks[0].expectStatus: "ok" is not a range of statuses such as 200-399',
    ],
    [
      '{ type: http, expectStatus: 399-200 }',
      '4:42 services.api.checks[0].expectStatus: has the larger status first',
    ],
    [
      '{ type: http, expectStatus: [200, 900] }',
      '4:48 services.api.checks[0].expectStatus[1]: 900 is more than 599',
    ],
    [
      '{ type: http, expectStatus: {} }',
      '4:42 services.api.checks[0].expectStatus: must be a number, text or a list, not a mapping',
    ],
    [
      '{ type: http, method: get }',
      '4:36 services.api.checks[0].method: "get" is not a method in capitals such as GET',
    ],
    [
      '{ type: http, headers: { "a b": 1 } }',
      '4:39 services.api.checks[0].headers["a b"]: "a b" is not the name of a header',
    ],
    ['{ type: http, tls: { ca: 1 } }', '4:39 services.api.checks[0].tls.ca: must be text, not 1'],
    ['{ type: tcp, port: 0 }', '4:33 services.api.checks[0].port: 0 is less than 1'],
    ['{ type: tcp, timeout: 0 }', '4:36 services.api.checks[0].timeout: 0 is less than 1ms'],
    ['{ type: tcp, rise: 0 }', '4:33 services.api.checks[0].rise: 0 is less than 1'],
    ['{ type: tcp, critical: 1 }', '4:37 services.api.checks[0].critical: must be true or false, not 1'],
    [
      '{ type: tcp, name: " x" }',
      '4:33 services.api.checks[0].name: " x" is not a name of 1 to 100 printable characters',
    ],
    [
      '{ type: tcp, name: a }, { type: disk, name: a }',
      '4:58 services.api.checks[1].name: another check has this name',
    ],
    ['{ type: command }', '4:14 services.api.checks[0].command: is missing'],
    [
      '{ type: command, command: [x], expectExitCode: 256 }',
      '4:61 services.api.checks[0].expectExitCode: 256 is more than 255',
    ],
    [
      '{ type: disk, minFreePercent: 101 }',
      '4:44 services.api.checks[0].minFreePercent: 101 is more than 100',
    ],
    [
      '{ type: memory, minFreePercent: 9, degradedBelowPercent: 9 }',
      '4:71 services.api.checks[0].degradedBelowPercent: 9 is not more than 9, below which it is unhealthy',
    ],
  ];
  test.each(cases)('%s', async (checks, ...problems) => {
    const expected = problems.map((problem) => `sluice.config.yaml:${problem}`);
    expect(await problemsInService(`checks: [${checks}]`)).toEqual(expected);
  });
});

test('mistakes in hooks, policy and router', async () => {
  const problems = await problemsInService(
    'hooks: { before: { name: x }, after: [{ name: y }] }',
    'policy: { onFailure: rolback, maxFailures: 120%, healthTimeout: 0, keepReleases: 0 }',
    'router: { stickyCookie: true, releaseHeader: a b, drainTimeout: 25d }',
  );
  expect(problems).toEqual([
    'sluice.config.yaml:4:22 services.api.hooks.before: must be a list, not a mapping',
    'sluice.config.yaml:4:43 services.api.hooks.after[0].command: is missing',
    'sluice.config.yaml:5:26 services.api.policy.onFailure: "rolback" is not rollback, pause or stop; did you mean "rollback"?',
    'sluice.config.yaml:5:48 services.api.policy.maxFailures: 120% is more than 100%',
    'sluice.config.yaml:5:69 services.api.policy.healthTimeout: 0 is less than 1ms',
    'sluice.config.yaml:5:86 services.api.policy.keepReleases: 0 is less than 1',
    'sluice.config.yaml:6:29 services.api.router.stickyCookie: must be text or false, not true',
    'sluice.config.yaml:6:50 services.api.router.releaseHeader: "a b" is not a name without spaces, or false',
    'sluice.config.yaml:6:69 services.api.router.drainTimeout: 25d is more than 24d',
  ]);
});

test.each([
  [
    '{ type: haprox }',
    'services.api.router.type: "haprox" is not embedded, haproxy, nginx or caddy; did you mean "haproxy"?',
  ],
  [
    '{ type: haproxy, stickyCookie: x }',
    'services.api.router.stickyCookie: unknown key, known: type, on, socket, file, before, program, backend, serverOptions, healthyTimeout, drainTimeout, url',
  ],
  ['{ type: haproxy, socket: 9999 }', 'services.api.router.socket: must be text, not 9999'],
  [
    '{ type: haproxy, backend: "a b" }',
    'services.api.router.backend: "a b" is not the name of a backend in HAProxy',
  ],
  [
    '{ type: haproxy, serverOptions: [inter 1s] }',
    'services.api.router.serverOptions[0]: "inter 1s" is not one word of a server line of HAProxy',
  ],
  ['{ type: nginx, folder: conf.d }', 'services.api.router.folder: "conf.d" is not an absolute path'],
  [
    '{ type: nginx, upstream: "api {" }',
    'services.api.router.upstream: "api {" is not the name of an upstream',
  ],
  [
    '{ type: nginx, serverOptions: [down] }',
    'services.api.router.serverOptions[0]: "down" is not one word of a server line of nginx that is not Sluice\'s own',
  ],
  ['{ type: nginx, nginx: nginx }', 'services.api.router.nginx: must be a list, not "nginx"'],
  ['{ type: caddy, admin: localhost }', 'services.api.router.admin: "localhost" is not a path or host:port'],
  [
    '{ type: caddy, id: a/b, url: x }',
    'services.api.router.id: "a/b" is not the id of a route',
    'services.api.router.url: "x" is not a URL such as https://api.example.com/',
  ],
])('mistakes in a load balancer: %s', async (router, ...expected) => {
  const problems = await problemsInService(`router: ${router}`);
  expect(problems.map((problem) => problem.replace(/^sluice\.config\.yaml:4:\d+ /, ''))).toEqual(expected);
});

describe('mistakes in the whole', () => {
  const cases: [string, string, ...string[]][] = [
    ['an empty file', '', '1:1: is empty'],
    ['only comments', '# nothing yet\n', '1:1: is empty'],
    ['a list', '- a', '1:1: must be a mapping, not a list'],
    ['text', 'services', '1:1: must be a mapping, not "services"'],
    ['no services', '{}', '1:1 services: is missing'],
    ['services without a service', 'services: {}', '1:11 services: is empty: name at least one service'],
    ['services that are nothing', 'services:', '1:1 services: has no value'],
    ['a service that is nothing', 'services:\n  api:', '2:3 services.api: has no value'],
    [
      'an unknown key',
      'servces: {}',
      '1:1 services: is missing',
      '1:1 servces: unknown key, did you mean "services"?',
    ],
    [
      'the future',
      'version: 2\nteams: {}',
      '1:10 version: 2 is made for a newer Sluice; this one reads version 1',
    ],
    ['a version that never was', 'version: 0\nservices: {a: {command: x}}', '1:10 version: 0 is not 1'],
    ['a version in quotes', 'version: "1"\nservices: {a: {command: x}}', '1:10 version: "1" is not 1'],
    [
      'no such default',
      'services: {a: {command: x}}\ndefaultEnvironment: prod\nenvironments: {production: {}}',
      '2:21 defaultEnvironment: there is no environment "prod", known: production',
    ],
    [
      'a default without environments',
      'services: {a: {command: x}}\ndefaultEnvironment: loca',
      '2:21 defaultEnvironment: there is no environment "loca", did you mean "local"?',
    ],
  ];
  test.each(cases)('%s', async (_, text, ...problems) => {
    expect(await problemsIn(text)).toEqual(problems.map((problem) => `sluice.config.yaml:${problem}`));
  });

  test.each(['../x', 'a b', '', '-a', 'a/b', '$(id)', 'a\nb', '\u202eabc', 'x'.repeat(65), 'a..b'])(
    'a service or an environment cannot be called %j',
    async (name) => {
      const remedy =
        'Use 1 to 64 letters, digits, dots, dashes and underscores, with a letter or digit first and last.';
      const problems = await problemsIn(
        JSON.stringify({ services: { [name]: { command: 'x' } }, environments: { [name]: {} } }),
        'sluice.config.json',
      );
      expect(problems).toHaveLength(2);
      expect(problems[0]).toMatch(
        /^sluice\.config\.json:1:14 services(\[".*"\]|\.[-x]+[a-z]*): cannot be the name of a service\. /,
      );
      expect(problems[1]).toContain(`: cannot be the name of an environment. ${remedy}`);
      expect(problems.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );

  test('names that objects have anyway are names like others', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const services = names.map((name, index) => `  ${name}: { command: x, port: ${index + 1} }`).join('\n');
    const text = `services:\n${services}\nenvironments: { constructor: {} }`;
    expect(await problemsIn(text)).toEqual([]);
    expect(await problemsIn(`${text}\ndefaultEnvironment: toString`)).toEqual([
      'sluice.config.yaml:7:21 defaultEnvironment: there is no environment "toString", known: constructor',
    ]);
  });

  test('notifications', async () => {
    const problems = (line: string) =>
      problemsIn(`services: { api: { command: x } }\nnotifications:\n  - ${line}`);
    expect(await problems('{ url: https://x.example/hook, secret: KEY, events: [gate] }')).toEqual([]);
    expect(await problems('{ url: $SLACK_URL, format: slack }')).toEqual([]);
    const notAUrl = 'is neither an http or https URL nor the name of an environment variable behind a $';
    for (const url of ['ftp://x', 'x.example', '$', '$X-Y', '"http://u:p@x.example"']) {
      expect(await problems(`url: ${url}`)).toEqual([
        `sluice.config.yaml:3:10 notifications[0].url: ${notAUrl}`,
      ]);
    }
    expect(await problems('{ url: https://x.example, events: [fail], format: teams, secret: a-b }')).toEqual([
      'sluice.config.yaml:3:40 notifications[0].events[0]: "fail" is not started, gate, completed, rolled-back, failed or aborted',
      'sluice.config.yaml:3:55 notifications[0].format: "teams" is not json or slack',
      'sluice.config.yaml:3:70 notifications[0].secret: "a-b" is not the name of an environment variable',
    ]);
    expect(await problems('{ format: slack }')).toEqual([
      'sluice.config.yaml:3:5 notifications[0].url: is missing',
    ]);
  });

  test('all problems are told at once, in the order of the file', async () => {
    const text = [
      'environments: { prod: { services: { ap: {} } } }',
      'services:',
      '  web: { comand: x, port: 0 }',
      '  api:',
      '    strategy: { type: canary, stages: [{ percent: 10, bake: 5 sec }, 150] }',
      '    command: [node',
      '      , 1]',
      'extra: 1',
    ].join('\n');
    expect(await problemsIn(text)).toEqual([
      'sluice.config.yaml:1:37 environments.prod.services.ap: unknown service, did you mean "api"?',
      'sluice.config.yaml:3:3 services.web.command: is missing',
      'sluice.config.yaml:3:10 services.web.comand: unknown key, did you mean "command"?',
      'sluice.config.yaml:3:27 services.web.port: 0 is less than 1',
      'sluice.config.yaml:5:61 services.api.strategy.stages[0].bake: "5 sec" is not a duration; write it like 500ms, 10s, 5m or 1h',
      'sluice.config.yaml:5:70 services.api.strategy.stages[1]: 150 is more than 100',
      'sluice.config.yaml:7:9 services.api.command[1]: must be text, not 1',
      'sluice.config.yaml:8:1 extra: unknown key, known: version, services, environments, defaultEnvironment, notifications',
    ]);
  });
});
