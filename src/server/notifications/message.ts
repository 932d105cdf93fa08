/** A message to one who is notified: its body, and the headers that say what it is and whom it is from. Pure. */
import { createHmac } from 'node:crypto';
import type { Notified } from '../../config/schema/notifications.ts';
import type { Occasion, Protagonist } from './occasions.ts';

/** The body of a message as `format: json` has it. */
export interface NotificationBody {
  readonly event: Notified;
  /** The same each time that it is sent: `hello-2/14`. */
  readonly delivery: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly deployment: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly release: string;
  readonly strategy: string;
  readonly targets: number;
  /** Who began it. */
  readonly by: string;
  /** Digest of its plan. */
  readonly plan: string;
  /** What the gate asks; `null` for other events. */
  readonly question: string | null;
  /** Why it did not complete; `null` when it did, or has not ended. */
  readonly reason: string | null;
  /** Milliseconds since it was created. */
  readonly tookMs: number;
}

const SLACK_WORDS: Record<Notified, { readonly emoji: string; readonly words: string }> = {
  started: { emoji: ':rocket:', words: 'has started' },
  gate: { emoji: ':raised_hand:', words: 'waits for approval' },
  completed: { emoji: ':white_check_mark:', words: 'completed' },
  'rolled-back': { emoji: ':leftwards_arrow_with_hook:', words: 'was rolled back' },
  failed: { emoji: ':x:', words: 'failed' },
  aborted: { emoji: ':octagonal_sign:', words: 'was aborted' },
};

export function bodyOf({ id, plan, by, createdAt }: Protagonist, occasion: Occasion): NotificationBody {
  const { event, seq, at, question, reason } = occasion;
  return {
    event,
    delivery: `${id}/${seq}`,
    at,
    deployment: id,
    service: plan.service,
    environment: plan.environment,
    version: plan.release.version,
    release: plan.release.id,
    strategy: plan.strategy.name,
    targets: plan.targets.length,
    by,
    plan: plan.digest,
    question,
    reason,
    tookMs: Math.max(0, at - createdAt),
  };
}

/** As chats take it that take what Slack does. */
export function slackOf(body: NotificationBody): { readonly text: string } {
  const { event, service, version, environment, deployment, by, question, reason } = body;
  const { emoji, words } = SLACK_WORDS[event];
  const more = question === null ? reason : `"${question}"`;
  const headline = `${emoji} *${slackText(service)} ${slackText(version)}* ${words} in ${slackText(environment)}`;
  const about = `${deployment}, begun by ${slackText(by)}`;
  return { text: `${headline} (${about})${more === null ? '' : `\n> ${slackText(more)}`}` };
}

/** Nothing in it is a link, a mention or a line of its own. */
function slackText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 500);
}

/**
 * `t=1764000000,v1=<hex>`: HMAC-SHA256 with the secret over the time, a dot and the body, so that nobody else can write
 * it, and what was overheard cannot be sent again much later.
 * @param now milliseconds since the epoch
 */
export function signatureOf(body: string, secret: string, now: number): string {
  const time = Math.floor(now / 1_000);
  const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return `t=${time},v1=${digest}`;
}
