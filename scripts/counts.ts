/** What came of a task: tests that passed, tests that failed, and the names of those left out. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** As much of vitest's JSON report as is read here. */
export interface Report {
  readonly testResults: readonly {
    /** `failed` also when the file could not be loaded; it has no tests then. */
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Counts the tests of a report; a task that has none, or died before writing it, counts as one failure when
 * it fails. The exit code has the last word, and where nothing may be left out a skipped test is a failed one.
 */
export function countsOf(exitCode: number | null, report: Report | null, skippingAllowed: boolean): Counts {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const failedTests = tests.filter((test) => test.status === 'failed').length;
  const failedFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const passed = tests.filter((test) => test.status === 'passed').length;
  const skipped = tests
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => test.fullName);

  const failed = failedTests + failedFiles + (skippingAllowed ? 0 : skipped.length);
  return { passed, failed: exitCode === 0 ? failed : Math.max(1, failed), skipped };
}
