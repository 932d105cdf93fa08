import { expect, test } from 'vitest';
import { GatheredChanges } from '../../src/routers/gathered-changes.ts';

function signal(): AbortSignal {
  return new AbortController().signal;
}

/** Keeps a list; each change of it waits to be let go. */
function slowList() {
  let list: readonly string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const signals: AbortSignal[] = [];
  const changes = new GatheredChanges<readonly string[]>(async (edit, given) => {
    signals.push(given);
    await new Promise<void>((resolve, reject) => {
      waiting.push((error) => (error === undefined ? resolve() : reject(error)));
    });
    list = edit(list);
  });
  const begun = async (count: number) => {
    while (waiting.length < count) await Promise.resolve();
  };
  return { changes, waiting, signals, begun, list: () => list };
}

const adding = (name: string) => (list: readonly string[]) => [...list, name];

test('what comes while a change is made is made as one, in its order', async () => {
  const { changes, waiting, begun, list } = slowList();
  const first = changes.change(adding('a'), signal());
  await begun(1);
  const others = ['b', 'c', 'd'].map((name) => changes.change(adding(name), signal()));
  waiting[0]?.();
  await first;
  expect(list()).toEqual(['a']);
  await begun(2);
  waiting[1]?.();
  await Promise.all(others);
  expect(list()).toEqual(['a', 'b', 'c', 'd']);
  expect(waiting).toHaveLength(2);
});

test('a change that fails fails those that it was made with, and not the next', async () => {
  const { changes, waiting, begun, list } = slowList();
  const failing = changes.change(adding('a'), signal());
  await begun(1);
  waiting[0]?.(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  const next = changes.change(adding('b'), signal());
  await begun(2);
  waiting[1]?.();
  await next;
  expect(list()).toEqual(['b']);
});

test('who gives up leaves at once; the change goes on for as long as anybody wants it', async () => {
  const { changes, waiting, signals, begun, list } = slowList();
  const [one, other] = [new AbortController(), new AbortController()];
  const first = changes.change(adding('a'), one.signal);
  const second = changes.change(adding('b'), other.signal);
  await begun(1);
  one.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
  expect(signals[0]?.aborted).toBe(false);
  // Not made at all: it was given up before it began.
  const third = new AbortController();
  const never = changes.change(adding('c'), third.signal);
  third.abort(new Error('never mind'));
  await expect(never).rejects.toThrow('never mind');
  other.abort(new Error('too'));
  expect(signals[0]?.aborted).toBe(true);
  await expect(second).rejects.toThrow('too');
  waiting[0]?.();
  await begun(1);
  expect(list()).not.toContain('c');
});
