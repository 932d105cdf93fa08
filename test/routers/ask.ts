import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** One request on a connection of its own, which no change of a router finds waiting for the next. */
export async function ask(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of response.setEncoding('utf8')) body += part;
  return body;
}
