/** What is done about failures, and how long anything may take. */
import { z } from 'zod';
import { amount } from '../amounts.ts';
import { duration } from '../durations.ts';

export const policy = z
  .strictObject({
    onFailure: z.enum(['rollback', 'pause', 'stop']).default('rollback').meta({
      description:
        'What a failure leads to: back to what ran before, wait for a person, or leave everything as it is.',
    }),
    maxFailures: amount()
      .default(0)
      .meta({
        description:
          'Instances that may fail, over the whole deployment, before it is a failure. A percentage is of all ' +
          'instances, rounded down.',
        example: 1,
      }),
    maxFailuresPerBatch: amount()
      .exactOptional()
      .meta({
        description:
          'How many of them may fail in one batch. A percentage is of the instances in the batch, rounded down. ' +
          'Without it: all, as long as `maxFailures` allows.',
        example: '50%',
      }),
    minAvailable: amount()
      .default(0)
      .meta({
        description:
          'Healthy instances that a deployment must leave, where that many are healthy to begin with. ' +
          'Percentages are rounded up.',
        example: 1,
      }),
    concurrency: z.int().min(1).max(10_000).default(64).meta({
      description: 'Operations under way at once.',
    }),
    maxAttempts: z.int().min(1).max(100).default(3).meta({
      description: 'Tries of one operation, the first included.',
    }),
    backoff: duration().prefault('250ms').meta({
      description: 'Wait before the second try; doubled before each further one.',
    }),
    stageTimeout: duration('1ms').prefault('10m').meta({
      description: 'The longest that copying a release to an instance may take.',
    }),
    startTimeout: duration('1ms').prefault('1m').meta({
      description: 'The longest that starting an instance may take.',
    }),
    healthTimeout: duration('1ms').prefault('1m').meta({
      description: 'How long an instance has, once started, to become healthy.',
    }),
    checkInterval: duration('1ms').prefault('1s').meta({
      description: 'Time between two looks at the checks while a stage bakes.',
    }),
    capacityTimeout: duration('1ms').prefault('1m').meta({
      description: 'How long to wait until `minAvailable` allows to go on.',
    }),
    pauseTimeout: duration('1s').prefault('1d').meta({
      description: 'How long a pause may last; then the deployment is rolled back.',
    }),
    keepReleases: z.int().min(1).max(1_000).default(5).meta({
      description: 'Good releases that are kept to go back to; one that failed takes no place of theirs.',
    }),
  })
  .transform(
    ({
      backoff,
      stageTimeout,
      startTimeout,
      healthTimeout,
      checkInterval,
      capacityTimeout,
      pauseTimeout,
      ...rest
    }) => ({
      ...rest,
      backoffMs: backoff,
      stageTimeoutMs: stageTimeout,
      startTimeoutMs: startTimeout,
      healthTimeoutMs: healthTimeout,
      checkIntervalMs: checkInterval,
      capacityTimeoutMs: capacityTimeout,
      pauseTimeoutMs: pauseTimeout,
    }),
  )
  .meta({ title: 'Policy', description: 'What is done about failures, and how long anything may take.' });
