const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?(?::\d{1,5})?$/;

/** The host of a Host header in lower case, without port and final dot; `null` when it is not valid. */
export function hostName(header: string): string | null {
  return HOST.exec(header)?.[1]?.toLowerCase() ?? null;
}

/** The Host header of a request: `null` when there is none, `undefined` when there are several. */
export function hostHeader(rawHeaders: readonly string[]): string | null | undefined {
  let found: string | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (found !== null) return undefined;
    found = rawHeaders[i + 1]!;
  }
  return found;
}
