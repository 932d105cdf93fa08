import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SharedWork } from '../../../src/platforms/process/shared-work.ts';

const patient = () => new AbortController().signal;

test('who comes while it is done joins; who comes later does it again', async () => {
  const shared = new SharedWork();
  let done = 0;
  const work = async () => {
    await setTimeout(2);
    done += 1;
  };
  await Promise.all([
    shared.join('a', patient(), work),
    shared.join('a', patient(), work),
    shared.join('b', patient(), work),
  ]);
  expect(done).toBe(2);
  await shared.join('a', patient(), work);
  expect(done).toBe(3);
});

test('all who joined see it fail', async () => {
  const shared = new SharedWork();
  const work = () => Promise.reject(new Error('broken'));
  const joined = [shared.join('a', patient(), work), shared.join('a', patient(), work)];
  const ends = await Promise.allSettled(joined);
  expect(ends.map((end) => end.status === 'rejected' && (end.reason as Error).message)).toEqual([
    'broken',
    'broken',
  ]);
});

test('who gives up leaves; the work is given up with the last', async () => {
  const shared = new SharedWork();
  const [one, two] = [new AbortController(), new AbortController()];
  const heard: string[] = [];
  const work = (signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        heard.push('aborted');
        reject(signal.reason as Error);
      });
    });
  const first = shared.join('a', one.signal, work);
  const second = shared.join('a', two.signal, work);
  one.abort(new Error('one left'));
  await expect(first).rejects.toThrow('one left');
  expect(heard).toEqual([]);
  two.abort(new Error('two left'));
  await expect(second).rejects.toThrow('two left');
  expect(heard).toEqual(['aborted']);
});
