/**
 * What every platform must do, as cases for any test runner:
 *
 *     for (const { name, run } of platformConformance(openMine)) test(name, run);
 *
 * Each case opens a platform of its own, with nothing on its targets, and closes it.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationContext } from '../domain/operation.ts';
import type { Release } from '../domain/release.ts';
import type { Instance, Platform } from '../platforms/platform.ts';

export interface OpenedPlatform {
  readonly platform: Platform;
  /** The service that the releases below are of. */
  readonly service: string;
  /** Two targets with nothing on them. */
  readonly targets: readonly [string, string];
  /** A release that runs until it is stopped and prints at once, as lines, `one`, `two` and `three`. */
  release(version: string): Promise<Release>;
  /** A release that prints `broken` and ends at once, with exit code 3, each time it is started. */
  crashing(version: string): Promise<Release>;
  /** Stops and deletes everything. */
  close(): Promise<void>;
}

export interface PlatformConformanceCase {
  readonly name: string;
  /** Rejects with what is wrong. */
  run(): Promise<void>;
}

type Cases = Record<string, (opened: OpenedPlatform) => Promise<void>>;

/** The longest that a case waits for what only looking tells. */
const WAIT_MS = 10_000;
const LOOK_INTERVAL_MS = 20;

/** The cases. `open` is called once in each. */
export function platformConformance(open: () => Promise<OpenedPlatform>): PlatformConformanceCase[] {
  const cases: Cases = { ...stageCases, ...activateCases, ...stopCases, ...pruneCases, ...evidenceCases };
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const opened = await open();
      try {
        await check(opened);
      } finally {
        await opened.close();
      }
    },
  }));
}

function patient(): OperationContext {
  return { signal: new AbortController().signal };
}

async function deploy({ platform }: OpenedPlatform, target: string, release: Release): Promise<void> {
  await platform.stage(target, release, patient());
  await platform.activate(target, release, patient());
}

/** The instances of the service on these targets, in an order to compare. */
async function seen(
  { platform, service }: OpenedPlatform,
  targets: readonly string[],
): Promise<readonly Instance[]> {
  const instances = await platform.inspect(service, targets, patient());
  return instances.toSorted((a, b) => `${a.target} ${a.release}`.localeCompare(`${b.target} ${b.release}`));
}

async function releasesOn(opened: OpenedPlatform, target: string): Promise<string[]> {
  return (await seen(opened, [target])).map((instance) => instance.release);
}

async function waitFor<T>(what: string, look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const value = await look();
    if (fits(value)) return value;
    if (Date.now() > deadline) assert.fail(`waited in vain for ${what}; seen last: ${JSON.stringify(value)}`);
    await sleep(LOOK_INTERVAL_MS);
  }
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  assert.ok(item !== undefined, 'there is none');
  return item;
}

const stageCases: Cases = {
  'a staged release is not seen': async (opened) => {
    const [target] = opened.targets;
    await opened.platform.stage(target, await opened.release('1.0.0'), patient());
    assert.deepEqual(await seen(opened, opened.targets), []);
  },
  'a release can be staged twice, and on two targets at once': async (opened) => {
    const release = await opened.release('1.0.0');
    const [a, b] = opened.targets;
    await Promise.all([a, a, b].map((target) => opened.platform.stage(target, release, patient())));
    await opened.platform.stage(b, release, patient());
    await opened.platform.activate(a, release, patient());
    await opened.platform.activate(b, release, patient());
    assert.deepEqual(
      (await seen(opened, opened.targets)).map(({ target }) => target),
      [a, b].toSorted(),
    );
  },
  'a stage that was given up can be done again': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await assert.rejects(opened.platform.stage(target, release, { signal: AbortSignal.abort() }));
    await deploy(opened, target, release);
    assert.deepEqual(await releasesOn(opened, target), [release.id]);
  },
};

const activateCases: Cases = {
  'an activated release runs': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    const before = Date.now();
    await deploy(opened, target, release);
    const instance = first(
      await waitFor(
        'it to run',
        () => seen(opened, [target]),
        ([one]) => one?.state === 'running',
      ),
    );
    assert.equal(instance.target, target);
    assert.equal(instance.release, release.id);
    assert.equal(instance.restarts ?? 0, 0);
    const startedAt = instance.startedAt ?? before;
    assert.ok(startedAt >= before - 1_000 && startedAt <= Date.now() + 1_000, `started at ${startedAt}`);
  },
  'activating what runs changes nothing': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release);
    const before = await seen(opened, [target]);
    await opened.platform.activate(target, release, patient());
    assert.deepEqual(await seen(opened, [target]), before);
  },
  'another release on the target runs beside the first, or in its place': async (opened) => {
    const one = await opened.release('1.0.0');
    const two = await opened.release('2.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, one);
    await deploy(opened, target, two);
    const expected = opened.platform.beside ? [one.id, two.id] : [two.id];
    assert.deepEqual(await releasesOn(opened, target), expected.toSorted());
  },
  'only the targets that were asked for are seen': async (opened) => {
    const release = await opened.release('1.0.0');
    const [a, b] = opened.targets;
    await deploy(opened, a, release);
    await deploy(opened, b, release);
    assert.deepEqual(
      (await seen(opened, [b])).map(({ target }) => target),
      [b],
    );
    assert.deepEqual(await seen(opened, []), []);
    assert.deepEqual(await opened.platform.inspect('no-such-service', opened.targets, patient()), []);
  },
};

const stopCases: Cases = {
  'nothing is left of what was stopped': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release);
    await opened.platform.stop(target, release, patient());
    assert.deepEqual(await seen(opened, [target]), []);
  },
  'what does not run can be stopped': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await opened.platform.stop(target, release, patient());
    await deploy(opened, target, release);
    await opened.platform.stop(target, release, patient());
    await opened.platform.stop(target, release, patient());
    assert.deepEqual(await seen(opened, [target]), []);
  },
  'only the release that was meant is stopped, and only on its target': async (opened) => {
    const one = await opened.release('1.0.0');
    const two = await opened.release('2.0.0');
    const [a, b] = opened.targets;
    await deploy(opened, a, one);
    await deploy(opened, b, two);
    await opened.platform.stop(a, two, patient());
    await opened.platform.stop(b, one, patient());
    assert.deepEqual([await releasesOn(opened, a), await releasesOn(opened, b)], [[one.id], [two.id]]);
  },
  'what was stopped can be activated again': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release);
    await opened.platform.stop(target, release, patient());
    await opened.platform.activate(target, release, patient());
    assert.deepEqual(await releasesOn(opened, target), [release.id]);
  },
  'what crashes again and again can be stopped': async (opened) => {
    const release = await opened.crashing('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release).catch(() => {});
    await opened.platform.stop(target, release, patient());
    assert.deepEqual(await seen(opened, [target]), []);
  },
};

const pruneCases: Cases = {
  'a release that is kept can be activated without being staged again': async (opened) => {
    const one = await opened.release('1.0.0');
    const two = await opened.release('2.0.0');
    const [target] = opened.targets;
    await opened.platform.stage(target, one, patient());
    await opened.platform.stage(target, two, patient());
    await opened.platform.prune(target, opened.service, [one.id], patient());
    await opened.platform.activate(target, one, patient());
    assert.deepEqual(await releasesOn(opened, target), [one.id]);
  },
  'a release that was pruned can be staged again': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await opened.platform.stage(target, release, patient());
    await opened.platform.prune(target, opened.service, [], patient());
    await opened.platform.prune(target, opened.service, [], patient());
    await deploy(opened, target, release);
    assert.deepEqual(await releasesOn(opened, target), [release.id]);
  },
  'what runs is not pruned': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release);
    await opened.platform.prune(target, opened.service, [], patient());
    await opened.platform.activate(target, release, patient());
    assert.deepEqual(await releasesOn(opened, target), [release.id]);
  },
  'pruning one target takes nothing from another': async (opened) => {
    const release = await opened.release('1.0.0');
    const [a, b] = opened.targets;
    await opened.platform.stage(a, release, patient());
    await opened.platform.stage(b, release, patient());
    await opened.platform.prune(a, opened.service, [], patient());
    await opened.platform.activate(b, release, patient());
    assert.deepEqual(await releasesOn(opened, b), [release.id]);
  },
};

const evidenceCases: Cases = {
  'a release that crashes tells how': async (opened) => {
    const release = await opened.crashing('1.0.0');
    const [target] = opened.targets;
    await deploy(opened, target, release);
    const instance = first(
      await waitFor(
        'the evidence',
        () => seen(opened, [target]),
        ([one]) =>
          one?.evidence?.exitCode !== undefined && (one.state === 'exited' || (one.restarts ?? 0) > 0),
      ),
    );
    assert.equal(instance.evidence?.exitCode, 3);
    assert.ok(instance.evidence?.log?.includes('broken'), JSON.stringify(instance.evidence));
  },
  'the tail of a log is its last lines, oldest first': async (opened) => {
    const release = await opened.release('1.0.0');
    const [target] = opened.targets;
    assert.deepEqual(await opened.platform.logTail(target, release, 5), []);
    await deploy(opened, target, release);
    const { platform } = opened;
    await waitFor(
      'three lines',
      () => platform.logTail(target, release, 100),
      (lines) => lines.length === 3,
    );
    assert.deepEqual(await platform.logTail(target, release, 2), ['two', 'three']);
    assert.deepEqual(await platform.logTail(target, release, 0), []);
  },
};
