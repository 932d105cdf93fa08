import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { customCheck } from '../../src/health/custom-check.ts';
import type { CheckResult } from '../../src/health/health-check.ts';
import { runCheck } from '../../src/health/run-check.ts';
import { scriptedCheck } from './scripted-check.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('an answer', () => {
  test('comes with its name, weight, duration and time', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const check = customCheck('slow', () => new Promise((done) => clock.schedule(70, () => done(true))), {
      critical: false,
    });
    const running = runCheck(check, {}, { clock });
    await clock.advance(200);
    expect(await running).toEqual({
      name: 'slow',
      critical: false,
      status: 'healthy',
      message: 'passed',
      durationMs: 70,
      checkedAt: start + 70,
    });
    expect(clock.pending).toBe(0);
  });

  test('is about the subject', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(clock, ['healthy']);
    const subject = { target: 'web-1', address: { host: '10.0.0.1', port: 80 } };
    await runCheck(check, subject, { clock });
    expect(check.subjects).toEqual([subject]);
  });

  test('needs neither subject nor clock', async () => {
    const before = Date.now();
    const report = await runCheck(customCheck('mine', () => 'degraded'));
    expect(report).toMatchObject({ status: 'degraded', message: 'reported degraded' });
    expect(report.checkedAt).toBeGreaterThanOrEqual(before);
    expect(report.checkedAt).toBeLessThanOrEqual(Date.now());
  });

  test('has a message of one line, without control characters, of 500 characters at most', async () => {
    const long = await runCheck(customCheck('mine', () => ({ status: 'healthy', message: 'x'.repeat(600) })));
    expect(long.message).toBe(`${'x'.repeat(500)}…`);
    const many = await runCheck(
      customCheck('mine', () => ({ status: 'healthy', message: 'a\n\u001b[31mb' })),
    );
    expect(many.message).toBe('a [31mb');
  });

  test('takes no time when the clock goes backwards', async () => {
    let now = 1_000;
    const clock = { now: () => now--, schedule: () => () => {} };
    expect(
      (
        await runCheck(
          customCheck('mine', () => true),
          {},
          { clock },
        )
      ).durationMs,
    ).toBe(0);
  });
});

describe('a throw', () => {
  test.each([
    ['an error', new Error('the queue is full'), 'the queue is full'],
    ['a text', 'no' as unknown as Error, 'no'],
    ['an error without a message', new Error(''), 'failed without a message'],
    ['nothing', undefined as unknown as Error, 'undefined'],
  ])('of %s is unhealthy with its message', async (_case, thrown, message) => {
    const rejecting = customCheck('mine', () => Promise.reject(thrown));
    expect(await runCheck(rejecting)).toMatchObject({ status: 'unhealthy', message });
  });

  test('from a check that is no async function is no rejection either', async () => {
    const check = {
      ...scriptedCheck(new VirtualClock(), ['healthy']),
      run(): Promise<CheckResult> {
        throw new Error('at once');
      },
    };
    expect(await runCheck(check)).toMatchObject({ status: 'unhealthy', message: 'at once' });
  });

  test('a check in plain JavaScript that returns nothing is unknown', async () => {
    const check = { ...scriptedCheck(new VirtualClock(), ['healthy']), run: (() => {}) as never };
    expect(await runCheck(check)).toMatchObject({ status: 'unknown', message: 'returned nothing' });
  });
});

describe('a timeout', () => {
  test('is unhealthy and aborts the check', async () => {
    const clock = new VirtualClock();
    const running = runCheck(scriptedCheck(clock, ['hang'], { timeoutMs: 5_000 }), {}, { clock });
    await clock.advance(5_000);
    expect(await running).toMatchObject({
      status: 'unhealthy',
      message: 'timed out after 5000 ms',
      durationMs: 5_000,
    });
    expect(clock.pending).toBe(0);
  });

  test('holds for a check that does not heed its signal', async () => {
    const clock = new VirtualClock();
    const running = runCheck(
      customCheck('deaf', () => new Promise<boolean>(() => {})),
      {},
      { clock },
    );
    await clock.advance(5_000);
    expect(await running).toMatchObject({ status: 'unhealthy', message: 'timed out after 5000 ms' });
  });

  test('says what the check was waiting for', async () => {
    const clock = new VirtualClock();
    const check = customCheck('mine', (_subject, signal) => {
      return new Promise<boolean>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('no word from the queue')));
      });
    });
    const running = runCheck(check, {}, { clock });
    await clock.advance(5_000);
    expect((await running).message).toBe('timed out after 5000 ms: no word from the queue');
  });

  test('says nothing twice when the check only passes on its abort', async () => {
    const clock = new VirtualClock();
    const check = customCheck('mine', (_subject, signal) => {
      return new Promise<boolean>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    });
    const running = runCheck(check, {}, { clock });
    await clock.advance(5_000);
    expect((await running).message).toBe('timed out after 5000 ms');
  });

  test('a good answer that comes at the last moment, because of the abort, is too late', async () => {
    const clock = new VirtualClock();
    const check = customCheck('mine', (_subject, signal) => {
      return new Promise<boolean>((resolve) => signal.addEventListener('abort', () => resolve(true)));
    });
    const running = runCheck(check, {}, { clock });
    await clock.advance(5_000);
    expect(await running).toMatchObject({ status: 'unhealthy', message: 'timed out after 5000 ms' });
  });
});

describe('an abort from outside', () => {
  test('makes the answer unknown, at once, and reaches the check', async () => {
    const clock = new VirtualClock();
    const outside = new AbortController();
    let reason: unknown;
    const check = customCheck('mine', (_subject, signal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return new Promise<boolean>(() => {});
    });
    const running = runCheck(check, {}, { clock, signal: outside.signal });
    outside.abort('enough');
    expect(await running).toMatchObject({ status: 'unknown', message: 'cancelled before it answered' });
    expect(reason).toBe('enough');
    expect(clock.pending).toBe(0);
  });

  test('before the run means that nothing is asked', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(clock, ['healthy']);
    const report = await runCheck(check, {}, { clock, signal: AbortSignal.abort() });
    expect(report).toMatchObject({ status: 'unknown', message: 'cancelled before it answered' });
    expect(check.askedAt).toEqual([]);
  });

  test('one signal for a thousand runs: no warning, no listener left', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const { signal } = new AbortController();
    const check = customCheck('mine', () => true);
    await Promise.all(Array.from({ length: 1_000 }, () => runCheck(check, {}, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
