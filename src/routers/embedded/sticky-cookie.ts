/** The cookie that keeps a person on one release while the traffic is divided. */

/** The value of a cookie in a Cookie header, or `null`. */
export function cookieValue(cookies: string | null, name: string): string | null {
  if (cookies === null) return null;
  for (const part of cookies.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

/** A Set-Cookie value that lasts until the browser is closed. */
export function stickyCookie(name: string, token: string): string {
  return `${name}=${token}; Path=/; HttpOnly; SameSite=Lax`;
}
