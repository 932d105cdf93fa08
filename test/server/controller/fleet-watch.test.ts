import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fold } from '../../../src/domain/evolve.ts';
import type { LeaseKey } from '../../../src/journal/journal.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import type { OrphanPlace } from '../../../src/project/orphans.ts';
import type { ServiceDeployer } from '../../../src/project/service-deployer.ts';
import { storyOf } from '../../../src/project/unfinished.ts';
import type { Deployers } from '../../../src/server/controller/deployers.ts';
import { FleetWatch } from '../../../src/server/controller/fleet-watch.ts';
import type { ServiceView } from '../../../src/server/operations.ts';
import { begin, NOW, PRODUCTION, STAGING } from '../../../src/testing/journal-fixtures.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: NOW,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A service on nothing, whose looks are counted. */
function setup(look: (key: LeaseKey) => Promise<void> = async () => {}) {
  const journal = new MemoryJournal();
  const looks: string[] = [];
  const views: ServiceView[] = [];
  const lines: string[] = [];
  let isWatched = false;
  const deployers = {
    keys: [PRODUCTION, STAGING],
    of: async (key: LeaseKey) => {
      const deployer = {
        key,
        service: { name: key.service, environment: key.environment },
        url: 'http://localhost:8080/',
        health: null,
        fleet: { router: null, targets: [], routeDrift: async () => null },
        look: async () => {
          looks.push(key.environment);
          await look(key);
          return { instances: [], unreachable: new Map(), differences: [] };
        },
      };
      return deployer as unknown as ServiceDeployer;
    },
  } as unknown as Deployers;
  const watch = new FleetWatch({
    journal,
    stateOf: async (id) => fold(id, await storyOf(journal, id)),
    deployers,
    place: { config: { environments: {} }, stateDir: '/nowhere' } as unknown as OrphanPlace,
    isWatched: () => isWatched,
    onView: (view) => void views.push(view),
    log: (line) => void lines.push(line),
  });
  return { journal, watch, looks, views, lines, watched: (now: boolean) => (isWatched = now) };
}

test('looks once when it begins, and then only while somebody asks, every five seconds at most', async () => {
  const { watch, looks, watched } = setup();
  expect(watch.views(undefined).map(({ lookedAt }) => lookedAt)).toEqual([null, null]);
  watch.open();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toEqual(['production', 'staging']);
  expect(watch.views('staging')).toMatchObject([{ ...STAGING, lookedAt: NOW, fault: null, needs: [] }]);
  for (let asked = 0; asked < 20; asked += 1) {
    watch.ask();
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(looks.length).toBe(6);
  watched(true);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(looks.length).toBe(14);
  watched(false);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(looks.length).toBe(14);
  watch.close();
});

test('a look that hangs is given up after half a minute, and holds up no other', async () => {
  const { watch, views } = setup((key) =>
    key.environment === 'staging' ? new Promise<void>(() => {}) : Promise.resolve(),
  );
  watch.open();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(views.map(({ environment }) => environment)).toEqual(['production']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(watch.views('staging')).toMatchObject([
    {
      status: null,
      lookedAt: NOW + 30_000,
      fault: 'the look took longer than 30 s',
      needs: ['it cannot be looked at: the look took longer than 30 s'],
    },
  ]);
  watch.close();
});

test('what the journal tells is there a moment after it was told, without another look but at begin and end', async () => {
  const { journal, watch, looks, views } = setup();
  watch.open();
  await vi.advanceTimersByTimeAsync(10_000);
  looks.length = 0;
  const { id, lease } = await begin(journal);
  const changed = async () => {
    watch.deploymentChanged(await journal.summary(id));
    await vi.advanceTimersByTimeAsync(250);
  };
  await changed();
  expect(looks).toEqual(['production']);
  const cause = { kind: 'failure', message: 'a: http: 500' } as const;
  await journal.append(id, 1, [{ type: 'paused', at: NOW, cause }], lease);
  await changed();
  expect(looks).toEqual(['production']);
  expect(views.at(-1)?.needs).toEqual([
    'api-1 is paused: a: http: 500',
    'api-1 is unattended: no controller looks after it',
  ]);
  await journal.append(id, 2, [{ type: 'deployment-finished', at: NOW, outcome: 'rolled-back' }], lease);
  await changed();
  expect(looks).toEqual(['production', 'production']);
  expect(views.at(-1)?.needs).toEqual(['api-1 (1.0.0) was rolled back: a: http: 500']);
  watch.close();
});

test('what begins or ends while it looks is looked at once more', async () => {
  let look = 0;
  let goOn = () => {};
  const { journal, watch, looks } = setup(() => {
    look += 1;
    return look === 1 ? new Promise((resolve) => (goOn = resolve)) : Promise.resolve();
  });
  watch.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(looks).toEqual(['production', 'staging']);
  const { id } = await begin(journal);
  watch.deploymentChanged(await journal.summary(id));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toEqual(['production', 'staging']);
  goOn();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toEqual(['production', 'staging', 'production']);
  expect(watch.views('production')[0]?.status?.unfinished?.id).toBe('api-1');
  watch.close();
});
