import { once } from 'node:events';
import { chmod, copyFile, mkdir, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Lease } from '../../src/journal/journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { begin, examplePlan, NOW, request, seqsOf, stepStarted } from '../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type JournalProcess, type Reply, startJournalProcess } from './journal-process.ts';

const ROUNDS = 200;

function eventOf(bytes: number): DeploymentEvent {
  return { type: 'step-finished', at: NOW, step: 0, note: 'x'.repeat(bytes) };
}

/** The seqs of `api-1` in the file, read by a journal of its own; the next controller can go on from them. */
async function seqsIn(file: string): Promise<number[]> {
  await using journal = await SqliteJournal.open({ file });
  const seqs = await seqsOf(journal, 'api-1');
  const held = await journal.lease({ service: 'api', environment: 'production' });
  const lease = await journal.acquire(request('next controller', { now: held!.expiresAt }));
  expect(await journal.append('api-1', seqs.length, [stepStarted(0)], lease)).toBe(seqs.length + 1);
  return seqs;
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe('two processes on one journal', () => {
  async function race(
    file: string,
    callOf: (process: JournalProcess, round: number) => Promise<Reply>,
  ): Promise<Reply[][]> {
    await using first = startJournalProcess();
    await using second = startJournalProcess();
    await Promise.all([first.call('open', file), second.call('open', file)]);
    const rounds: Reply[][] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      rounds.push(await Promise.all([first, second].map((process) => callOf(process, round))));
    }
    return rounds;
  }

  test('of two acquires at once exactly one wins, each time', async () => {
    await using folder = await temporaryFolder();
    const rounds = await race(`${folder.path}/journal.db`, ({ child, call }, round) =>
      call('acquire', request(`pid ${child.pid}`, { environment: `round-${round}` })),
    );
    for (const replies of rounds) {
      const won = replies.find((reply) => reply.code === undefined)?.value as Lease;
      const lost = replies.filter((reply) => reply.code === 'LEASE_HELD');
      expect(lost).toHaveLength(1);
      expect(lost[0]!.message).toContain(`${won.holder} holds api`);
    }
  });

  test('of two appends at once exactly one wins, each time, with its whole group', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    const { id, lease } = await begin(journal);
    const rounds = await race(file, ({ child, call }, round) => {
      const events = [stepStarted(child.pid!), stepStarted(child.pid!)];
      return call('append', id, 2 * round - 1, events, lease);
    });
    for (const [index, replies] of rounds.entries()) {
      expect(replies.filter((reply) => reply.value === 2 * index + 3)).toHaveLength(1);
      expect(replies.filter((reply) => reply.code === 'JOURNAL_CONFLICT')).toHaveLength(1);
    }
    const steps = (await journal.read(id, 1)).map(({ event }) => 'step' in event && event.step);
    expect(steps).toHaveLength(2 * ROUNDS);
    for (let index = 0; index < steps.length; index += 2) expect(steps[index]).toBe(steps[index + 1]);
  });

  test('deployments created at once get an id each', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    const lease = await journal.acquire(request('both'));
    const rounds = await race(file, ({ call }) => call('create', examplePlan(), 'ann', NOW, lease));
    const numbers = rounds.flat().map(({ value }) => Number(String(value).replace('api-', '')));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(2 * ROUNDS));
  });

  test('a file that is not there yet can be opened by all at once', async () => {
    await using folder = await temporaryFolder();
    await using first = startJournalProcess();
    await using second = startJournalProcess();
    await using third = startJournalProcess();
    const all = [first, second, third];
    for (let round = 0; round < 40; round += 1) {
      const file = `${folder.path}/${round}/journal.db`;
      expect(await Promise.all(all.map(({ call }) => call('open', file)))).toEqual(
        all.map(() => ({ value: null })),
      );
      const lists = await Promise.all(all.map(({ call }) => call('list')));
      expect(lists).toEqual(all.map(() => ({ value: [] })));
      await Promise.all(all.map(({ call }) => call('close')));
    }
  });
});

describe('after a crash', () => {
  test('of the writer, killed in the middle of it, all that was acknowledged is there', async () => {
    await using folder = await temporaryFolder();
    for (const acknowledgements of [1, 100]) {
      const file = `${folder.path}/${acknowledgements}.db`;
      const journal = await SqliteJournal.open({ file });
      const { id, lease } = await begin(journal);
      await journal.close();

      await using writer = startJournalProcess();
      await writer.call('open', file);
      let acknowledged = 0;
      const enough = new Promise<void>((resolve) => {
        writer.child.on('message', ({ value }: Reply) => {
          acknowledged = value as number;
          if (acknowledged > 3 * acknowledgements) resolve();
        });
      });
      await writer.call('appendForever', id, 1, [eventOf(10), eventOf(5_000), eventOf(10)], lease);
      await enough;
      writer.child.kill('SIGKILL');
      await once(writer.child, 'close');

      const seqs = await seqsIn(file);
      expect(seqs).toEqual(upTo(seqs.length));
      expect(seqs.length).toBeGreaterThanOrEqual(acknowledged);
      expect(seqs.length % 3).toBe(1);
    }
  });

  test('of the machine at any moment, all that was acknowledged is there', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    // The files are copied while another process has them open: opening and closing them in the process
    // that writes would drop its locks.
    await using writer = startJournalProcess();
    await writer.call('open', file);
    const { value: lease } = await writer.call('acquire', request('ann'));
    await writer.call('create', examplePlan(), 'ann', NOW, lease);
    const walSizes: number[] = [];
    for (let seq = 1; seq < 30; seq += 1) {
      expect(await writer.call('append', 'api-1', seq, [eventOf(200_000)], lease)).toEqual({
        value: seq + 1,
      });
      const copy = `${folder.path}/copy-${seq}.db`;
      await copyFile(file, copy);
      await copyFile(`${file}-wal`, `${copy}-wal`);
      walSizes.push((await stat(`${copy}-wal`)).size);
      expect(await seqsIn(copy)).toEqual(upTo(seq + 1));
    }
    // Some were copied before the log was taken into the file, some after.
    expect(Math.max(...walSizes)).toBeGreaterThan(4_000_000);
    expect(walSizes.at(-1)).toBe(walSizes.at(-2));
  });

  test('that tore the log, the journal ends with a whole group', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using writer = startJournalProcess();
    await writer.call('open', file);
    const { value: lease } = await writer.call('acquire', request('ann'));
    await writer.call('create', examplePlan(), 'ann', NOW, lease);
    const before = (await stat(`${file}-wal`)).size;
    for (let seq = 1; seq < 31; seq += 3) {
      await writer.call('append', 'api-1', seq, [eventOf(10), eventOf(9_000), eventOf(10)], lease);
    }
    const after = (await stat(`${file}-wal`)).size;
    const lengths = new Set<number>();
    for (let cut = 0; cut < 40; cut += 1) {
      const copy = `${folder.path}/copy-${cut}.db`;
      await copyFile(file, copy);
      await copyFile(`${file}-wal`, `${copy}-wal`);
      await truncate(`${copy}-wal`, before + Math.floor(((after - before) * cut) / 39));
      const seqs = await seqsIn(copy);
      expect(seqs).toEqual(upTo(seqs.length));
      lengths.add(seqs.length);
    }
    expect([...lengths]).toEqual(Array.from({ length: 11 }, (_, group) => 3 * group + 1));
  });
});

describe('the file', () => {
  test('may end anywhere while its log is complete', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using writer = startJournalProcess();
    await writer.call('open', file);
    const { value: lease } = await writer.call('acquire', request('ann'));
    await writer.call('create', examplePlan(), 'ann', NOW, lease);
    const copy = `${folder.path}/copy.db`;
    await copyFile(file, copy);
    await copyFile(`${file}-wal`, `${copy}-wal`);
    await truncate(copy, (await stat(copy)).size + 100);
    expect(await seqsIn(copy)).toEqual([1]);
  });

  test.each(['000', '022', '077'])('is for its user only, also with umask %s', async (umask) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/.sluice/journal.db`;
    await using careless = startJournalProcess(['sh', '-c', `umask ${umask}; exec "$@"`, 'sh']);
    await careless.call('open', file);
    await careless.call('acquire', request('ann'));
    const modes = [dirname(file), file, `${file}-wal`, `${file}-shm`].map(async (path) =>
      ((await stat(path)).mode & 0o777).toString(8),
    );
    expect(await Promise.all(modes)).toEqual(['700', '600', '600', '600']);
  });

  test('on a full disk refuses the group that does not fit, and keeps all others', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    // No file of this process grows beyond 2,000 blocks, half a megabyte or a whole one.
    await using limited = startJournalProcess(['sh', '-c', 'ulimit -f 2000; exec "$@"', 'sh']);
    await limited.call('open', file);
    const { value: lease } = await limited.call('acquire', request('ann'));
    await limited.call('create', examplePlan(), 'ann', NOW, lease);
    let seq = 1;
    let reply: Reply = { value: seq };
    while (reply.code === undefined) {
      seq = reply.value as number;
      reply = await limited.call('append', 'api-1', seq, [eventOf(10), eventOf(50_000)], lease);
    }
    expect(reply.code).toBe('JOURNAL');
    expect(reply.message).toContain(
      `The journal ${file} cannot be read or written: the disk reports an error`,
    );
    expect(seq).toBeGreaterThan(9);
    expect(await limited.call('summary', 'api-1')).toMatchObject({ value: { seq } });
    expect(await seqsIn(file)).toEqual(upTo(seq));
  });

  test('is refused without permission to write it, or its folder', async () => {
    await using folder = await temporaryFolder();
    const closed = `${folder.path}/closed`;
    const file = `${closed}/journal.db`;
    await mkdir(closed);
    await (await SqliteJournal.open({ file })).close();
    // Root may write everything, unless it lays that right down.
    const asRoot = process.geteuid?.() === 0;
    const drop = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
    await using unprivileged = startJournalProcess(asRoot ? drop : []);

    await chmod(file, 0o400);
    expect(await unprivileged.call('open', file)).toEqual({
      code: 'JOURNAL',
      message: `The journal ${file} cannot be read or written by this user`,
    });
    await chmod(file, 0o600);
    await chmod(closed, 0o500);
    const other = `${closed}/other.db`;
    expect(await unprivileged.call('open', other)).toEqual({
      code: 'JOURNAL',
      message: `The journal ${other} cannot be read or written by this user`,
    });
    expect(await unprivileged.call('open', file)).toMatchObject({
      code: 'JOURNAL',
      message: expect.stringContaining(`The journal ${file} cannot be written by this user`),
    });
    await chmod(closed, 0o700);
    expect(await unprivileged.call('open', file)).toEqual({ value: null });
  });
});
