/**
 * How long short commands take, as a ratio to `node -e 0`, which is what Node itself needs to start and end; with
 * four instances running. And what importing each package costs, which is most of the rest.
 *
 *     npm run bench -- status [pairs]
 *
 * The two of a pair run one after the other, so that the machine's mood is the same; medians of 15 pairs.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HelloProject } from '../../test/e2e/hello-project.ts';
import { median } from '../median.ts';

const PAIRS = Number(process.argv[2] ?? 15);
const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const SLUICE = join(REPOSITORY, 'dist', 'cli', 'main.js');
const BARE = ['-e', '0'];
const COMMANDS = ['status', 'status --json', 'history', 'config', '--version'];
const PACKAGES = ['zod', 'yaml', 'commander', 'better-sqlite3', 'node:http', 'log-update', 'undici', 'jiti'];

await using project = await HelloProject.create({ instances: 4 });
await project.deploy('1.0.0');

console.log('| command | ms | `node -e 0` ms | ratio |');
console.log('|---|---|---|---|');
for (const command of COMMANDS) printRow(command, () => {});
const kept = join(project.dir, '.sluice', 'config.json');
printRow('status', () => rmSync(kept), 'the first after each change of the config');

console.log('\n| import | of `node -e 0` |');
console.log('|---|---|');
for (const name of PACKAGES) {
  const costs = Array.from({ length: PAIRS }, () => {
    const bare = milliseconds(importing('node:process'), REPOSITORY);
    return (milliseconds(importing(name), REPOSITORY) - bare) / bare;
  });
  console.log(`| \`${name}\` | ${median(costs).toFixed(2)} |`);
}

/** @param prepare called before each run */
function printRow(command: string, prepare: () => void, remark = ''): void {
  const pairs = Array.from({ length: PAIRS }, () => {
    prepare();
    return {
      bare: milliseconds(BARE, project.dir),
      ours: milliseconds([SLUICE, ...command.split(' ')], project.dir),
    };
  });
  const ours = median(pairs.map((pair) => pair.ours));
  const bare = median(pairs.map((pair) => pair.bare));
  const ratio = median(pairs.map((pair) => pair.ours / pair.bare));
  const label = `\`sluice ${command}\`${remark === '' ? '' : `, ${remark}`}`;
  console.log(`| ${label} | ${ours.toFixed(0)} | ${bare.toFixed(0)} | ${ratio.toFixed(2)} |`);
}

function importing(module: string): readonly string[] {
  return ['--input-type=module', '-e', `import ${JSON.stringify(module)}`];
}

/** Wall time of a run of Node that has to succeed. */
function milliseconds(args: readonly string[], cwd: string): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  const ms = performance.now() - begun;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return ms;
}
