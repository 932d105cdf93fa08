// Sluice as a library: `node library.mjs cold|v2|rollback`, with VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK. A plan that is
// journaled and executed by the engine; each host is asked by HTTP whether it is well, twice, before it counts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../dist/domain/clock.js';
import { makePlan } from '../../dist/domain/make-plan.js';
import { DEFAULT_POLICY } from '../../dist/domain/policy.js';
import { Engine } from '../../dist/engine/engine.js';
import { currentReleases } from '../../dist/engine/observe-fleet.js';
import { httpCheck } from '../../dist/health/http-check.js';
import { serviceHealth } from '../../dist/health/service-health.js';
import { CommandHookRunner } from '../../dist/hooks/command-hook-runner.js';
import { SqliteJournal } from '../../dist/journal/sqlite/sqlite-journal.js';
import { SshPlatform } from '../../dist/platforms/ssh/ssh-platform.js';
import { makeSshRelease } from '../../dist/platforms/ssh/ssh-release.js';
import { SshShells } from '../../dist/platforms/ssh/ssh-shells.js';
import { allAtOnceSteps } from '../../dist/strategies/all-at-once.js';

const [action] = process.argv.slice(2);
const { VERSION, RELEASE, HOSTS_FILE, SSH_CONFIG, WORK } = process.env;
const targets = readFileSync(HOSTS_FILE, 'utf8').split('\n').filter(Boolean);
const stateDir = join(WORK, '.sluice');
const service = 'app';
const environment = 'production';
const own = (verb) => ['sh', 'bin/service', verb];

const began = performance.now();
const saying = process.env.TRACE === '1';
const say = (what) =>
  saying && console.log(`${(performance.now() - began).toFixed(0).padStart(6)} ms ${what}`);

const journal = await SqliteJournal.open({ file: join(WORK, 'journal.db') });
const shells = new SshShells({ configFile: SSH_CONFIG });
const holder = { authority: 'bench', who: 'ann@laptop', doing: action };
const platform = new SshPlatform({ shells, stateDir, root: '/srv', ports: [8080], holder });
const signal = new AbortController().signal;

const running = currentReleases(await platform.inspect(service, targets, { signal }));
say('looked');
const previous = {};
let release;
for (const { id } of await journal.list({ service, environment, outcome: 'completed' })) {
  const [created] = await journal.read(id);
  previous[created.event.plan.release.id] = created.event.plan.release;
}
if (action === 'rollback') {
  release = Object.values(previous).find(({ version }) => version === VERSION);
} else {
  release = await makeSshRelease({
    service,
    version: VERSION,
    folder: RELEASE,
    run: {
      kind: 'commands',
      start: own('start'),
      stop: own('stop'),
      status: own('status'),
      restart: own('restart'),
    },
    stateDir,
  });
}
delete previous[release.id];
const can = { beside: false, routed: false, staged: true, probed: true, checked: true };
const strategy = allAtOnceSteps();
const plan = makePlan({
  service,
  environment,
  release,
  previous,
  targets: targets.map((id) => ({ id, from: running.get(id) ?? null })),
  strategy: { name: strategy.name, options: {} },
  steps: strategy.steps({ targets, first: running.size === 0, can }),
  hooksOnFailure: [],
  capabilities: can,
  policy: DEFAULT_POLICY,
  createdAt: systemClock.now(),
});
say('planned');
const check = httpCheck({ path: '/version.txt', expectBody: VERSION, intervalMs: 100 });
const ports = {
  journal,
  platform,
  router: null,
  health: serviceHealth([check]),
  hooks: new CommandHookRunner(WORK),
  clock: systemClock,
};
const onEvents = (events) => {
  for (const { type, operation, target } of events)
    if (target === 0 || target === null || target === undefined) say(`${type} ${operation ?? ''}`);
};
const engine = new Engine(ports, { holder: `ann@laptop pid ${process.pid}`, onEvents });
const state = await engine.execute(plan, 'ann');
say('done');
await platform[Symbol.asyncDispose]();
await shells.close();
await journal.close();
say('closed');
if (state.outcome !== 'completed') throw new Error(JSON.stringify(state.cause ?? state.outcome));
