import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { customCheck } from '../../src/health/custom-check.ts';
import { HealthStatus } from '../../src/health/health-check.ts';
import { HealthChecker } from '../../src/health/health-checker.ts';

const up = customCheck('up', () => true);
const down = customCheck('down', () => {
  throw new Error('no route');
});
const full = customCheck('full', () => false, { critical: false });

describe('the status', () => {
  test.each([
    ['no checks', [], HealthStatus.UNKNOWN],
    ['a good one', [up], HealthStatus.HEALTHY],
    ['a bad one that is not critical', [up, full], HealthStatus.DEGRADED],
    ['a bad one that is critical', [up, full, down], HealthStatus.UNHEALTHY],
    ['one that says nothing', [customCheck('silent', () => undefined)], HealthStatus.UNKNOWN],
  ])('of %s', async (_checks, checks, status) => {
    expect(await new HealthChecker(checks).status()).toBe(status);
  });
});

describe('the set of checks', () => {
  test('grows and shrinks by name', async () => {
    const checker = new HealthChecker().add(up).add(down);
    expect(checker.checks.map((check) => check.name)).toEqual(['up', 'down']);
    expect(checker.remove('down')).toBe(true);
    expect(checker.remove('down')).toBe(false);
    expect(await checker.status()).toBe('healthy');
  });

  test('takes a name once', () => {
    const twice = customCheck('up', () => false);
    expect(() => new HealthChecker([up, twice])).toThrow('there is a health check "up" already');
    const checker = new HealthChecker([up]);
    expect(() => checker.add(twice)).toThrow(InvalidInputError);
    expect(checker.checks).toEqual([up]);
  });

  test('is handed out as a copy', () => {
    const checker = new HealthChecker([up]);
    (checker.checks as unknown[]).length = 0;
    expect(checker.checks).toEqual([up]);
  });
});

describe('checkAll', () => {
  test('tells what each said, in order', async () => {
    const before = Date.now();
    const report = await new HealthChecker([down, full, up]).checkAll();
    expect(report.status).toBe('unhealthy');
    expect(
      report.results.map(({ name, critical, status, message }) => [name, critical, status, message]),
    ).toEqual([
      ['down', true, 'unhealthy', 'no route'],
      ['full', false, 'unhealthy', 'did not pass'],
      ['up', true, 'healthy', 'passed'],
    ]);
    for (const { checkedAt, durationMs } of report.results) {
      expect(checkedAt).toBeGreaterThanOrEqual(before);
      expect(durationMs).toBeGreaterThanOrEqual(0);
    }
  });

  test('asks all of them in parallel, about the subject', async () => {
    let waiting = 0;
    let letGo = () => {};
    const everybodyIsHere = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const meet = (name: string) =>
      customCheck(name, async (subject) => {
        waiting++;
        if (waiting === 3) letGo();
        await everybodyIsHere;
        return subject.target === 'web-1';
      });
    const checker = new HealthChecker([meet('a'), meet('b'), meet('c')]);
    expect((await checker.checkAll({ target: 'web-1' })).status).toBe('healthy');
  });

  test('honours fall: one bad answer of three is no verdict', async () => {
    let asked = 0;
    const flaky = customCheck('flaky', () => ++asked > 1, { fall: 3, intervalMs: 1 });
    expect(await new HealthChecker([flaky]).status()).toBe('healthy');
    expect(asked).toBe(2);
  });

  test('ends when its signal is aborted', async () => {
    const stop = new AbortController();
    const hanging = customCheck('hanging', () => new Promise<boolean>(() => {}));
    const status = new HealthChecker([hanging]).status({}, { signal: stop.signal });
    stop.abort();
    expect(await status).toBe('unknown');
  });
});

describe('check', () => {
  test('asks one by its name', async () => {
    const checker = new HealthChecker([up, down]);
    expect(await checker.check('down')).toMatchObject({
      name: 'down',
      status: 'unhealthy',
      message: 'no route',
    });
    expect(await checker.check('up', { target: 'web-1' })).toMatchObject({ name: 'up', status: 'healthy' });
  });

  test('rejects a name that it does not know, and tells those it knows', async () => {
    const error: unknown = await new HealthChecker([up, down])
      .check('upp')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      message: 'there is no health check "upp"',
      remedy: 'Use one of "up", "down".',
    });
    await expect(new HealthChecker().check('up')).rejects.toMatchObject({ remedy: 'Add it first.' });
  });
});
