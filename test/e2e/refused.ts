import { expect } from 'vitest';
import type { ProcessResult } from '../support/run-process.ts';

/** One clear error: its first line, the exit code, nothing on standard output, and no stack trace. */
export function expectRefused(
  { exitCode, stdout, stderr }: ProcessResult,
  expected: { readonly exitCode: number; readonly says: string | RegExp; readonly remedy?: string },
): void {
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: expected.exitCode,
    stdout: '',
    stderr: expect.stringMatching(/^✗ [^\n]+\n(?: {2}[^\n]+\n){0,3}$/),
  });
  expect(stderr.split('\n')[0]).toMatch(expected.says);
  if (expected.remedy !== undefined) expect(stderr).toContain(expected.remedy);
}
