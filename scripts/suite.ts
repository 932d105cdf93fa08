/**
 * The checks and tests of the repository, and the line of counts that ends each run.
 *
 *   jiti scripts/suite.ts check        types, both linters and the unit tests, side by side
 *   jiti scripts/suite.ts everything   the same, then the build, the mutants and the system tests
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { type Counts, countsOf, type Report } from './counts.ts';

interface Task {
  readonly name: string;
  readonly argv: readonly string[];
  /** Shown as it comes, instead of only when the task has failed. */
  readonly live?: boolean;
  /** Where vitest writes its report, for a task that counts tests. */
  readonly reportFile?: string;
}

const REPOSITORY = resolve(import.meta.dirname, '..');
const PATH = [join(REPOSITORY, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
/** In CI a test that is left out for lack of something is a failure. */
const SKIPPING_ALLOWED = process.env.CI !== 'true';

const reports = await mkdtemp(join(tmpdir(), 'sluice-suite-'));
try {
  const counts = process.argv[2] === 'everything' ? await everything() : await check();
  const passed = sum(counts.map((one) => one.passed));
  const failed = sum(counts.map((one) => one.failed));
  for (const name of counts.flatMap((one) => one.skipped)) console.log(`skipped: ${name}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await rm(reports, { recursive: true });
}

/** The tests first: they take the longest, and no task keeps both cores of a small machine busy all the time. */
async function check(): Promise<Counts[]> {
  return await Promise.all([
    run(tests('unit')),
    run({ name: 'oxlint', argv: ['oxlint'] }),
    run({ name: 'types', argv: ['tsc', '-p', 'tsconfig.json'] }),
    run({ name: 'types of the dashboard', argv: ['tsc', '-p', 'dashboard/tsconfig.json'] }),
    run({ name: 'biome', argv: ['biome', 'check', '--error-on-warnings'] }),
  ]);
}

async function everything(): Promise<Counts[]> {
  const checked = await check();
  const built = await run({ name: 'build', argv: ['scripts/build.sh'] });
  if (built.failed > 0) {
    console.log('The system tests were not run: they need the build.');
    return [...checked, built];
  }
  // Nothing else at the same time: both take all there is.
  const mutants = await run({
    name: 'mutants',
    argv: ['jiti', 'scripts/mutants.ts', '--known', '--seeds', '300'],
  });
  return [...checked, built, mutants, await run({ ...tests('system', 'alone'), live: true })];
}

function tests(name: string, ...more: readonly string[]): Task {
  const reportFile = join(reports, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  return {
    name: `${name} tests`,
    argv: ['vitest', 'run', ...[name, ...more].flatMap((one) => ['--project', one]), ...reporters],
    reportFile,
  };
}

/** Runs a task to its end and says how it went. */
async function run({ name, argv, live, reportFile }: Task): Promise<Counts> {
  const startedAt = performance.now();
  const [program = '', ...args] = argv;
  const stdio = live ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    env: { ...process.env, PATH },
    stdio: ['ignore', stdio, stdio],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = await new Promise<number | null>((settle, reject) => {
    child.on('error', reject).on('close', settle);
  });

  const report = reportFile === undefined ? null : await readReport(reportFile);
  const counts = countsOf(exitCode, report, SKIPPING_ALLOWED);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${name}, ${seconds} s`);
  if (counts.failed > 0 && output !== '') console.log(output);
  return counts;
}

/** The report of a run; `null` when it ended before it could write one. */
async function readReport(file: string): Promise<Report | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch {
    return null;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
