/** Screens kept as files under `golden/`, to be looked at by people. `vitest -u` writes them anew. */
import { expect } from 'vitest';
import { visibleWidth } from '../../../src/cli/render/text.ts';

/** Compares with `golden/<name>.txt`, after the checks that hold for every screen. Escapes are shown as `␛`. */
export async function expectGolden(name: string, lines: readonly string[], columns: number): Promise<void> {
  expectTidy(lines, columns);
  const text = `${lines.join('\n')}\n`.replaceAll('\u001b', '␛');
  await expect(text).toMatchFileSnapshot(`./golden/${name}.txt`);
}

/** No line is too wide, has a line break in it, or ends in spaces. */
export function expectTidy(lines: readonly string[], columns: number): void {
  for (const line of lines) {
    expect(line).not.toContain('\n');
    expect(line).toBe(line.trimEnd());
    expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
  }
}
