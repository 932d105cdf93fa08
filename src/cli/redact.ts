/** Shorter ones would take whole words out of what is printed. */
const SHORTEST = 4;

/** A function that puts the name of a secret where its value is. */
export function redactor(
  secrets: readonly string[],
  environment: NodeJS.ProcessEnv,
): (text: string) => string {
  const known = secrets
    .map((name) => ({ name, value: environment[name] ?? '' }))
    .filter(({ value }) => value.length >= SHORTEST)
    // One may be a part of another.
    .toSorted((a, b) => b.value.length - a.value.length);
  return (text) => known.reduce((now, { name, value }) => now.replaceAll(value, () => `[${name}]`), text);
}
