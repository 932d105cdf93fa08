import { expect, test } from 'vitest';
import { httpCheck } from '../../src/health/http-check.ts';
import { judge } from '../../src/health/judge.ts';
import { serviceHealth } from '../../src/health/service-health.ts';
import { tcpCheck } from '../../src/health/tcp-check.ts';
import { waitUntilHealthy } from '../../src/health/wait-until-healthy.ts';
import { startServer } from './http-server.ts';

const SUBJECTS = 1_000;

test('a thousand instances become healthy, and are judged, at once', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  let requests = 0;
  // Each answers 503 to its first two questions.
  await using server = await startServer((_request, response) => {
    response.statusCode = ++requests > 2 * SUBJECTS ? 200 : 503;
    response.end('x');
  });
  const checks = [
    httpCheck({ path: '/health', intervalMs: 50, timeoutMs: 20_000 }),
    tcpCheck({ timeoutMs: 20_000 }),
  ];
  const { signal } = new AbortController();
  const subjects = Array.from({ length: SUBJECTS }, (_nothing, index) => ({
    ...server.subject,
    target: `web-${index}`,
  }));

  const waits = await Promise.all(subjects.map((subject) => waitUntilHealthy(checks, subject, { signal })));
  expect(waits.every((report) => report.status === 'healthy')).toBe(true);
  const reports = await Promise.all(subjects.map((subject) => judge(checks, subject, { signal })));
  expect(reports.every((report) => report.status === 'healthy')).toBe(true);
  expect(await serviceHealth(checks).judgeAll(subjects, signal)).toEqual({
    status: 'healthy',
    message: 'good answers to all 2000 checks',
  });
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});
