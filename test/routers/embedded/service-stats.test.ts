import { describe, expect, test } from 'vitest';
import { StatsCounter } from '../../../src/routers/embedded/service-stats.ts';

describe('StatsCounter', () => {
  test('counts refusals by status, other statuses not', () => {
    const stats = new StatsCounter();
    for (const status of [502, 503, 503, 504, 400]) stats.refused(status);
    expect(stats.read().errors).toEqual({ 502: 1, 503: 2, 504: 1 });
  });

  test('remembers the last hundred releases, and hands out copies', () => {
    const stats = new StatsCounter();
    for (let i = 0; i < 101; i++) stats.ended(`r${i}`, i === 100);
    const read = stats.read();
    expect(Object.keys(read.byRelease)).toHaveLength(100);
    expect([read.byRelease.r0, read.byRelease.r100]).toEqual([undefined, { requests: 1, failed: 1 }]);
    stats.ended('r100', false);
    expect(read.byRelease.r100).toEqual({ requests: 1, failed: 1 });
  });
});
