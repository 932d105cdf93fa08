import { runProcess } from './run-process.ts';

/** What a program prints; throws with what it said where it fails. */
export async function command(argv: readonly string[], input = ''): Promise<string> {
  const { exitCode, signal, stdout, stderr } = await runProcess(argv, { input });
  if (exitCode === 0) return stdout;
  throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit code ${exitCode}, signal ${signal}`}`);
}

/** Many commands of `ip` in one process. With `force` those that fail are passed over. */
export async function ipBatch(lines: readonly string[], { force = false } = {}): Promise<void> {
  const argv = ['ip', ...(force ? ['-force'] : []), '-batch', '-'];
  const { exitCode, stderr } = await runProcess(argv, { input: `${lines.join('\n')}\n` });
  if (exitCode !== 0 && !force) throw new Error(`ip: ${stderr.trim()}`);
}
