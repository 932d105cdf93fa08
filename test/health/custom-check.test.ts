import { describe, expect, test } from 'vitest';
import { customCheck } from '../../src/health/custom-check.ts';
import { runCheck } from '../../src/health/run-check.ts';

async function verdictOf(returned: unknown) {
  const { status, message } = await runCheck(customCheck('mine', () => returned as never));
  return [status, message];
}

describe('what a check of one’s own returns', () => {
  test.each([
    [true, 'healthy', 'passed'],
    [false, 'unhealthy', 'did not pass'],
    ['healthy', 'healthy', 'reported healthy'],
    ['degraded', 'degraded', 'reported degraded'],
    ['unhealthy', 'unhealthy', 'reported unhealthy'],
    ['unknown', 'unknown', 'reported unknown'],
    [{ status: 'degraded', message: 'queue at 80 %' }, 'degraded', 'queue at 80 %'],
    [{ status: 'unhealthy' }, 'unhealthy', 'reported unhealthy'],
    [{ status: 'degraded', message: undefined }, 'degraded', 'reported degraded'],
    [undefined, 'unknown', 'returned nothing'],
    [null, 'unknown', 'returned nothing'],
    ['ok', 'unknown', 'returned no verdict but "ok"'],
    [1, 'unknown', 'returned no verdict but a value of type number'],
    [{ ok: true }, 'unknown', 'returned no verdict but a value of type object'],
    [{ status: 'fine' }, 'unknown', 'returned no verdict but a value of type object'],
  ])('%j is %s', async (returned, status, message) => {
    expect(await verdictOf(returned)).toEqual([status, message]);
    expect(await verdictOf(Promise.resolve(returned))).toEqual([status, message]);
  });

  test('nothing at all type-checks, and is unknown', async () => {
    const checks = [customCheck('plain', () => {}), customCheck('promised', async () => {})];
    for (const check of checks) expect((await runCheck(check)).status).toBe('unknown');
  });
});

test('it is asked about the subject, with a signal, and can be asked again', async () => {
  const asked: unknown[] = [];
  const check = customCheck('mine', (subject, signal) => {
    asked.push([subject, signal.aborted]);
    return true;
  });
  await runCheck(check, { target: 'a' });
  await runCheck(check, { target: 'b' });
  expect(asked).toEqual([
    [{ target: 'a' }, false],
    [{ target: 'b' }, false],
  ]);
});
