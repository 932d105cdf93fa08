/** Whom the server tells what becomes of deployments. */
import { z } from 'zod';
import { text, textLike } from './values.ts';

/** What can be told of, by the names that receivers see. */
export const NOTIFIED = ['started', 'gate', 'completed', 'rolled-back', 'failed', 'aborted'] as const;
export type Notified = (typeof NOTIFIED)[number];

const VARIABLE = /^\$[A-Za-z_][A-Za-z0-9_]*$/;

const url = text
  .refine((value) => VARIABLE.test(value) || isWebAddress(value), {
    error: () => 'is neither an http or https URL nor the name of an environment variable behind a $',
  })
  .meta({
    description:
      'Where to: an `https` or `http` URL, or `$NAME` for that of an environment variable of the server, since the ' +
      'URL of a chat is a secret.',
    example: 'https://hooks.example.com/sluice',
  });

const notification = z
  .strictObject({
    url,
    secret: textLike(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
      .exactOptional()
      .meta({
        description:
          'Name of an environment variable of the server whose value each message is signed with. Without it: none is.',
        example: 'SLUICE_WEBHOOK_SECRET',
      }),
    format: z.enum(['json', 'slack']).default('json').meta({
      description: '`json` for programs, `slack` for a chat that takes what Slack does.',
    }),
    events: z
      .array(z.enum(NOTIFIED))
      .min(1)
      .default([...NOTIFIED])
      .meta({ description: 'Of what it is told.', example: ['gate', 'failed', 'rolled-back'] }),
    allowPrivate: z.boolean().default(false).meta({
      description: 'Whether it may be this machine or one of a private network.',
    }),
  })
  .meta({ title: 'Notification', description: 'Somebody to tell what becomes of deployments.' });

export const notifications = z
  .array(notification)
  .max(20)
  .default([])
  .meta({
    description: 'Whom `sluice serve` tells what becomes of deployments.',
    example: [{ url: '$SLACK_URL', format: 'slack', events: ['gate', 'failed'] }],
  });

export type NotificationConfig = z.output<typeof notification>;

function isWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}
