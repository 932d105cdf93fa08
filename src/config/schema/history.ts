/** How much of the past is kept. */
import { z } from 'zod';
import { duration } from '../durations.ts';

export const history = z
  .strictObject({
    keep: z.int().min(1).max(100_000).default(100).meta({
      description: 'Deployments that are kept: the newest.',
    }),
    maxAge: duration('1h', '36500d').prefault('365d').meta({
      description: 'How long ago a deployment may have ended, or a saved plan been made, to be kept.',
      example: '90d',
    }),
  })
  .transform(({ maxAge, ...rest }) => ({ ...rest, maxAgeMs: maxAge }))
  .meta({
    title: 'History',
    description:
      'How much of the past is kept. What a rollback needs, what runs, and what has not ended always is.',
  });
