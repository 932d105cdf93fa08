import type { Problem } from './problem.ts';
import { nameOf } from './words.ts';

/** What Sluice itself keeps beside the folders of the environments, in `.sluice`. */
const TAKEN = /^(?:journal\.db(?:-.*)?|config\.json(?:\..*)?)$/i;

/** Names become folders, and on many disks `Api` and `api` are one. */
export function nameClashes(key: 'services' | 'environments', names: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const known = new Map<string, string>();
  for (const name of names) {
    const path = [key, name];
    const earlier = known.get(name.toLowerCase());
    if (earlier !== undefined) {
      const message = `differs from ${nameOf(earlier)} only in upper and lower case, which many disks do not tell apart`;
      problems.push({ path, message, at: 'key' });
    }
    known.set(name.toLowerCase(), name);
    if (key === 'environments' && TAKEN.test(name)) {
      problems.push({ path, message: 'is the name of a file of Sluice; choose another one', at: 'key' });
    }
  }
  return problems;
}
