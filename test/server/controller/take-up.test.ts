import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DeploymentState } from '../../../src/domain/state.ts';
import type { EngineOptions } from '../../../src/engine/engine.ts';
import { LeaseHeldError, OperationError } from '../../../src/errors.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { holderName } from '../../../src/project/holder.ts';
import type { ServiceDeployer } from '../../../src/project/service-deployer.ts';
import { Accounts } from '../../../src/server/controller/accounts.ts';
import type { Deployers } from '../../../src/server/controller/deployers.ts';
import { isServer, Runs } from '../../../src/server/controller/runs.ts';
import { TakeUp } from '../../../src/server/controller/take-up.ts';
import { begin } from '../../../src/testing/journal-fixtures.ts';

const SECOND = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 0, 1) });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Setup {
  readonly journal: MemoryJournal;
  readonly takeUp: TakeUp;
  readonly runs: Runs;
  readonly lines: string[];
  /** Ids, as they were tried to be taken up. */
  readonly tried: string[];
  /** What comes of a try. Default: it is taken up and goes on until it is left. */
  resume: (id: string, options: EngineOptions) => Promise<DeploymentState>;
}

function setup(): Setup {
  const journal = new MemoryJournal();
  const lines: string[] = [];
  const tried: string[] = [];
  const log = (line: string) => void lines.push(line);
  const runs = new Runs(journal, log);
  const deployer = {
    resume(id: string, options: EngineOptions) {
      tried.push(id);
      return own.resume(id, options);
    },
  } as unknown as ServiceDeployer;
  const deployers = {
    has: ({ service }: { readonly service: string }) => service !== 'gone',
    of: async () => deployer,
  } as unknown as Deployers;
  const own: Setup = {
    journal,
    takeUp: new TakeUp({ journal, accounts: new Accounts(journal), deployers }, runs, log),
    runs,
    lines,
    tried,
    resume: (id, { onBegun, signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        onBegun?.(id);
      }),
  };
  return own;
}

test('takes up what was left when it begins, once, and not what the config does not have', async () => {
  const { journal, takeUp, runs, tried, lines } = setup();
  const { lease } = await begin(journal);
  await journal.release(lease);
  await journal.release((await begin(journal, { service: 'gone' })).lease);
  await takeUp.begin();
  expect([runs.ids, tried]).toEqual([['api-1'], ['api-1']]);
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  expect(tried).toEqual(['api-1']);
  takeUp.close();
  await runs.leave(SECOND);
  expect(lines).toEqual([
    'api-1 (1.0.0) was left in the middle; going on with it here',
    'api-1 is left as it is, for whoever takes it up',
  ]);
  await expect(
    runs.begin({} as ServiceDeployer, () => Promise.reject(new Error('never'))),
  ).rejects.toMatchObject({
    code: 'INVALID_PLAN_STATE',
    message: 'the server is stopping',
  });
});

test('later only what has lost its controller: not what is looked after, nor what was left on purpose', async () => {
  const { journal, takeUp, tried } = setup();
  await takeUp.begin();
  // The lease of the fixture runs for ten seconds.
  const { lease } = await begin(journal);
  await journal.release((await begin(journal, { environment: 'staging' })).lease);
  await vi.advanceTimersByTimeAsync(9 * SECOND);
  expect(tried).toEqual([]);
  await journal.renew(lease, Date.now(), 4 * SECOND);
  await vi.advanceTimersByTimeAsync(2 * SECOND);
  expect(tried).toEqual([]);
  await vi.advanceTimersByTimeAsync(4 * SECOND);
  expect(tried).toEqual(['api-1']);
  takeUp.close();
});

test('what another server has let go is taken up, too', async () => {
  const { journal, takeUp, tried } = setup();
  await takeUp.begin();
  const { id, lease } = await begin(journal);
  const controller = holderName('deploy@web1 (server)');
  expect([isServer(controller), isServer(holderName('ann@laptop')), isServer('x')]).toEqual([
    true,
    false,
    false,
  ]);
  await journal.append(id, 1, [{ type: 'controller-changed', at: 1, controller, epoch: 1 }], lease);
  await vi.advanceTimersByTimeAsync(4 * SECOND);
  expect(tried).toEqual([]);
  await journal.release(lease);
  await vi.advanceTimersByTimeAsync(2 * SECOND);
  expect(tried).toEqual(['api-1']);
  takeUp.close();
});

test('what cannot be taken up is tried again, less and less often', async () => {
  const own = setup();
  await own.journal.release((await begin(own.journal)).lease);
  own.resume = () => Promise.reject(new OperationError('the supervisor is away'));
  await own.takeUp.begin();
  expect(own.tried.length).toBe(1);
  const counts: number[] = [];
  for (let minute = 0; minute < 5; minute += 1) {
    const before = own.tried.length;
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    counts.push(own.tried.length - before);
  }
  expect(counts).toEqual([4, 1, 1, 1, 1]);
  expect(new Set(own.lines)).toEqual(new Set(['api-1 cannot be taken up: the supervisor is away']));
  own.resume = () => Promise.reject(new LeaseHeldError('x', { holder: 'bob', since: 0, doing: 'resuming' }));
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  const lines = own.lines.length;
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  // Whoever has it now has given it back on purpose.
  expect(own.lines.length).toBe(lines);
  own.takeUp.close();
});
