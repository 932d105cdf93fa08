/** Notifications on real sockets: what arrives, in which order, signed how, also over crashes and refusals. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { NotificationConfig } from '../../../src/config/schema/notifications.ts';
import { NOTIFIED } from '../../../src/config/schema/notifications.ts';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import type { Lease } from '../../../src/journal/journal.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import { signatureOf } from '../../../src/server/notifications/message.ts';
import { Notifier, type NotifierParts } from '../../../src/server/notifications/notifier.ts';
import { examplePlan, request } from '../../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Message {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Takes messages; what it answers is up to the test. */
class Inbox implements AsyncDisposable {
  readonly messages: Message[] = [];
  answer: (response: ServerResponse, message: Message) => void = (response) => response.writeHead(204).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, response) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () => {
        const message = { headers: incoming.headers, body };
        this.messages.push(message);
        this.answer(response, message);
      });
    });
  }

  static async open(): Promise<Inbox> {
    const inbox = new Inbox();
    inbox.#server.listen(0, '127.0.0.1');
    await once(inbox.#server, 'listening');
    return inbox;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `started api-1/2`, as they came. */
  get told(): string[] {
    return this.messages.map(({ headers }) =>
      [headers['sluice-event'], headers['sluice-delivery']].join(' '),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** The function of the page, as a reader copies it. */
async function documentedCheck(dir: string): Promise<(...given: unknown[]) => boolean> {
  const page = await readFile(resolve(import.meta.dirname, '../../../docs/notifications.md'), 'utf8');
  const [, program = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const file = join(dir, 'receive.mjs');
  await writeFile(file, program);
  const module = (await import(pathToFileURL(file).href)) as Record<string, (...given: unknown[]) => boolean>;
  return module.isFromSluice as (...given: unknown[]) => boolean;
}

const QUICK = { firstPauseMs: 10, longestPauseMs: 50 };

function to(inbox: Inbox, parts: Partial<NotificationConfig> = {}): NotificationConfig {
  const url = `http://127.0.0.1:${inbox.port}/hook`;
  return { url, format: 'json', events: [...NOTIFIED], allowPrivate: true, ...parts };
}

class Deployments {
  readonly journal = new MemoryJournal();
  #lease: Lease | null = null;

  async begin(): Promise<string> {
    this.#lease ??= await this.journal.acquire(request('ann@one pid 1', { now: Date.now() }));
    const id = await this.journal.create(examplePlan(), 'ann', Date.now(), this.#lease);
    await this.append(id, { type: 'deployment-started', at: Date.now(), unhealthy: [] });
    return id;
  }

  end(id: string): Promise<void> {
    return this.append(id, { type: 'deployment-finished', at: Date.now(), outcome: 'completed' });
  }

  async append(id: string, event: DeploymentEvent): Promise<void> {
    if (this.#lease === null) throw new Error('nothing was begun');
    await this.journal.append(id, (await this.journal.summary(id)).seq, [event], this.#lease);
  }
}

async function opened(
  { journal }: Deployments,
  stateDir: string,
  notifications: readonly NotificationConfig[],
  parts: Partial<NotifierParts> = {},
): Promise<{ readonly notifier: Notifier; readonly lines: string[] }> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const notifier = await Notifier.open({ journal, stateDir, notifications, log, retry: QUICK, ...parts });
  return { notifier, lines };
}

test('messages come signed and in order, and each only once over a restart', async () => {
  await using folder = await temporaryFolder();
  await using inbox = await Inbox.open();
  const deployments = new Deployments();
  const before = await deployments.begin();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const config = [to(inbox, { secret: 'WEBHOOK_SECRET' })];
  const environment = { WEBHOOK_SECRET: 's3cret' };
  const first = await opened(deployments, folder.path, config, { environment });
  const id = await deployments.begin();
  first.notifier.deploymentChanged(id);
  await deployments.end(before);
  first.notifier.deploymentChanged(before);
  await waitFor('the first message', () => inbox.told.length === 1);
  await first.notifier[Symbol.asyncDispose]();
  await deployments.end(id);
  const second = await opened(deployments, folder.path, config, { environment });
  await waitFor('the second message', () => inbox.told.length === 2);
  await second.notifier[Symbol.asyncDispose]();
  const third = await opened(deployments, folder.path, config, { environment });
  await third.notifier[Symbol.asyncDispose]();
  // What was begun before anybody was to be told is nobody's business.
  expect(inbox.told).toEqual(['started api-2/2', 'completed api-2/3']);
  const isFromSluice = await documentedCheck(folder.path);
  for (const { headers, body } of inbox.messages) {
    const signature = String(headers['sluice-signature']);
    const at = Number(/^t=(\d+)/.exec(signature)?.[1]) * 1_000;
    expect(signature).toBe(signatureOf(body, 's3cret', at));
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
    expect(JSON.parse(body)).toMatchObject({ deployment: 'api-2', service: 'api', by: 'ann' });
    expect(isFromSluice(body, signature, 's3cret')).toBe(true);
    expect(isFromSluice(`${body} `, signature, 's3cret')).toBe(false);
    expect(isFromSluice(body, signature, 'other')).toBe(false);
    expect(isFromSluice(body, signature, 's3cret', at + 400_000)).toBe(false);
    expect(isFromSluice(body, '', 's3cret')).toBe(false);
  }
});

test('what is refused is sent again until it is taken, and nothing overtakes it', async () => {
  await using folder = await temporaryFolder();
  await using inbox = await Inbox.open();
  await using other = await Inbox.open();
  const deployments = new Deployments();
  let refusals = 3;
  inbox.answer = (response) => response.writeHead(refusals-- > 0 ? 503 : 200).end();
  const config = [to(inbox), to(other, { format: 'slack', events: ['completed'] })];
  const { notifier, lines } = await opened(deployments, folder.path, config);
  const id = await deployments.begin();
  notifier.deploymentChanged(id);
  await deployments.end(id);
  notifier.deploymentChanged(id);
  await waitFor('all', () => inbox.told.length === 5 && other.told.length === 1);
  await notifier[Symbol.asyncDispose]();
  expect(inbox.told).toEqual([...Array.from({ length: 4 }, () => 'started api-1/2'), 'completed api-1/3']);
  expect(other.messages.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { text: ':white_check_mark: *api 1.0.0* completed in production (api-1, begun by ann)' },
  ]);
  expect(lines).toEqual([
    `127.0.0.1:${inbox.port} was not told of api-1 (started): it answers 503; trying again`,
  ]);
});

test('a message is not lost with the process that was sending it', async () => {
  await using folder = await temporaryFolder();
  await using inbox = await Inbox.open();
  const deployments = new Deployments();
  inbox.answer = () => {};
  const first = await opened(deployments, folder.path, [to(inbox)]);
  const id = await deployments.begin();
  first.notifier.deploymentChanged(id);
  await waitFor('the first try', () => inbox.told.length === 1);
  // The next one waits for its turn as long as this one lives.
  const second = await opened(deployments, folder.path, [to(inbox)]);
  await first.notifier[Symbol.asyncDispose]();
  inbox.answer = (response) => response.writeHead(200).end();
  await waitFor('the second try', () => inbox.told.length === 2, { timeoutMs: 15_000 });
  await second.notifier[Symbol.asyncDispose]();
  expect(inbox.told).toEqual(['started api-1/2', 'started api-1/2']);
  expect([first.lines, second.lines]).toEqual([[], []]);
});

test.each([
  ['127.0.0.1', '127.0.0.1 is this machine'],
  ['2130706433', '127.0.0.1 is this machine'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1 is this machine'],
  ['localhost', 'is this machine'],
])('nothing is sent to http://%s unless that is allowed', async (host, why) => {
  await using folder = await temporaryFolder();
  await using inbox = await Inbox.open();
  const deployments = new Deployments();
  const url = `http://${host}:${inbox.port}/`;
  const config = [to(inbox, { url, allowPrivate: false })];
  const { notifier, lines } = await opened(deployments, folder.path, config, {
    retry: { ...QUICK, giveUpMs: 0 },
  });
  const id = await deployments.begin();
  notifier.deploymentChanged(id);
  await waitFor('it to be given up', () => lines.length === 1);
  await notifier[Symbol.asyncDispose]();
  expect(lines[0]).toContain(why);
  expect(inbox.messages).toEqual([]);
});

test('a redirect is not followed', async () => {
  await using folder = await temporaryFolder();
  await using inbox = await Inbox.open();
  await using trap = await Inbox.open();
  inbox.answer = (response) => response.writeHead(307, { location: `http://127.0.0.1:${trap.port}/` }).end();
  const deployments = new Deployments();
  const { notifier, lines } = await opened(deployments, folder.path, [to(inbox)], {
    retry: { ...QUICK, giveUpMs: 0 },
  });
  const id = await deployments.begin();
  notifier.deploymentChanged(id);
  await waitFor('it to be given up', () => lines.length === 1);
  await notifier[Symbol.asyncDispose]();
  expect(lines).toEqual([
    `127.0.0.1:${inbox.port} was not told of api-1 (started): it answers 307, a redirect, and none is followed; ` +
      'given up after one try',
  ]);
  expect(trap.messages).toEqual([]);
});

test('what the environment lacks is said before anything is begun', async () => {
  await using folder = await temporaryFolder();
  const deployments = new Deployments();
  const config: NotificationConfig = {
    url: '$CHAT_URL',
    format: 'slack',
    events: ['failed'],
    allowPrivate: false,
  };
  for (const [environment, message] of [
    [{}, 'notifications[0]: CHAT_URL is not set'],
    [{ CHAT_URL: 'file:///etc/passwd' }, 'notifications[0]: $CHAT_URL is not an http or https URL'],
  ] as const) {
    await expect(opened(deployments, folder.path, [config], { environment })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message,
    });
  }
});
