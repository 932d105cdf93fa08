import { expect, test } from 'vitest';
import { countsOf, type Report } from '../../scripts/counts.ts';

/** A report with one file whose tests, named `test 1` and so on, ended like this. */
function report(fileStatus: string, ...tests: string[]): Report {
  const assertionResults = tests.map((status, index) => ({ status, fullName: `test ${index + 1}` }));
  return { testResults: [{ status: fileStatus, assertionResults }] };
}

test('tests that passed and failed are counted', () => {
  expect(countsOf(0, report('passed', 'passed', 'passed'), true)).toEqual({
    passed: 2,
    failed: 0,
    skipped: [],
  });
  expect(countsOf(1, report('failed', 'passed', 'failed'), true)).toEqual({
    passed: 1,
    failed: 1,
    skipped: [],
  });
});

test('a file that could not be loaded is a failure', () => {
  expect(countsOf(1, report('failed'), true)).toEqual({ passed: 0, failed: 1, skipped: [] });
});

test('a run that ended badly has failed, whatever its report says', () => {
  expect(countsOf(1, report('passed', 'passed'), true)).toEqual({ passed: 1, failed: 1, skipped: [] });
  expect(countsOf(null, null, true)).toEqual({ passed: 0, failed: 1, skipped: [] });
});

test('a task without tests has failed or not', () => {
  expect(countsOf(0, null, true)).toEqual({ passed: 0, failed: 0, skipped: [] });
  expect(countsOf(2, null, true)).toEqual({ passed: 0, failed: 1, skipped: [] });
});

test('a skipped test is named, and is a failure where nothing may be left out', () => {
  const some = report('passed', 'passed', 'skipped', 'todo');
  expect(countsOf(0, some, true)).toEqual({ passed: 1, failed: 0, skipped: ['test 2', 'test 3'] });
  expect(countsOf(0, some, false)).toEqual({ passed: 1, failed: 2, skipped: ['test 2', 'test 3'] });
});
