/** How a release takes the place of the one before. */
import { z } from 'zod';
import { whatIsWrongWithApprovals } from '../../domain/make-plan.ts';
import { amount } from '../amounts.ts';
import { duration } from '../durations.ts';
import { text, textLike } from './values.ts';

const question = text.max(200).meta({ description: 'What is asked.', example: 'Looks good?' });

const person = textLike(/^[^\s()]{1,64}$/, 'a name such as ann or ann@laptop');

const gateOptions = z
  .strictObject({
    name: question,
    deadline: duration('1s').prefault('1d').meta({
      description: 'How long it waits. Without enough approvals by then the deployment turns back.',
    }),
    approvals: z.int().min(1).max(20).default(1).meta({
      description: 'How many people have to say yes; each counts once. One no is enough to turn back.',
      example: 2,
    }),
    approvers: z
      .array(person)
      .min(1)
      .max(100)
      .exactOptional()
      .meta({
        description: 'Who may answer: `ann`, on any machine, or `ann@laptop`. Without it: anybody.',
        example: ['ann', 'bob', 'carl@laptop'],
      }),
  })
  .superRefine(({ approvals, approvers }, context) => {
    // What is wrong by itself comes here too, as it was written.
    if (
      !(approvals >= 1) ||
      (approvers !== undefined && !(Array.isArray(approvers) && approvers.length > 0))
    ) {
      return;
    }
    const wrong = whatIsWrongWithApprovals({ approvals, ...(approvers === undefined ? {} : { approvers }) });
    if (wrong !== null) {
      context.addIssue({ code: 'custom', message: wrong, path: ['approvals'], input: approvals });
    }
  })
  .transform(({ name, deadline, approvals, approvers }) => ({
    name,
    deadlineMs: deadline,
    approvals,
    ...(approvers === undefined ? {} : { approvers }),
  }))
  .meta({ title: 'Gate', description: 'A question to people; a text is short for its `name`.' });

const gate = z
  .union([question, gateOptions])
  .transform((given) => (typeof given === 'string' ? gateOptions.parse({ name: given }) : given))
  .exactOptional()
  .meta({
    description: 'Asks people before it goes on; `sluice approve` and `sluice reject` answer.',
    example: 'Looks good?',
  });

const rolling = z
  .strictObject({
    type: z.literal('rolling'),
    batchSize: amount(1)
      .prefault('25%')
      .meta({ description: 'Instances replaced at once: rounded down, at least 1.', example: 1 }),
    maxUnavailable: amount().exactOptional().meta({
      description:
        'Instances that may be out of service at once; matters with `inPlace` only. Without it: a batch.',
      example: 1,
    }),
    pause: duration()
      .prefault('0s')
      .meta({ description: 'Wait between two batches, with the checks running.', example: '5s' }),
    inPlace: z.boolean().default(false).meta({
      description: 'Stop the old instance before the new one starts, rather than run both for a moment.',
    }),
  })
  .superRefine(({ inPlace, maxUnavailable }, context) => {
    if (!inPlace || maxUnavailable === undefined || Number.parseFloat(String(maxUnavailable)) > 0) return;
    const message = `${maxUnavailable} leaves nothing to do in place; allow at least 1, or leave out \`inPlace\``;
    context.addIssue({ code: 'custom', message, path: ['maxUnavailable'] });
  })
  .transform(({ pause, ...rest }) => ({ ...rest, pauseMs: pause }))
  .meta({ title: 'Rolling', description: 'Batch after batch, the next only when the last is healthy.' });

const percent = z
  .number()
  .min(0.1)
  .max(100)
  .meta({ description: 'Share of the traffic that gets the new release.', example: 10 });

const stageOptions = z
  .strictObject({
    percent,
    bake: duration().exactOptional().meta({
      description: 'How long it stays there, with the checks running. Without it: `bake` of the strategy.',
      example: '1m',
    }),
    gate,
  })
  .meta({ title: 'Stage', description: 'One stage of a canary; a number is short for its `percent`.' });

const stage = z
  .union([percent, stageOptions])
  .transform((given) => (typeof given === 'number' ? stageOptions.parse({ percent: given }) : given));

const canary = z
  .strictObject({
    type: z.literal('canary'),
    stages: z
      .array(stage)
      .min(1)
      .superRefine(rising)
      .prefault([10, 25, 50, 100])
      .meta({
        description: 'Each more than the one before. A last one of 100 is added when it is missing.',
        example: [10, { percent: 50, bake: '1m', gate: 'Looks good?' }, 100],
      }),
    bake: duration().prefault('10s').meta({
      description: 'How long each stage stays, with the checks running, before the next.',
      example: '30s',
    }),
  })
  .transform(({ type, stages, bake }) => ({ type, stages: explicitStages(stages, bake) }))
  .meta({ title: 'Canary', description: 'A small share of the traffic first, then more, each watched.' });

const blueGreen = z
  .strictObject({
    type: z.literal('blueGreen'),
    gate,
    bake: duration()
      .prefault('30s')
      .meta({ description: 'How long the old stays ready after the switch, with the checks running.' }),
  })
  .transform(({ bake, ...rest }) => ({ ...rest, bakeMs: bake }))
  .meta({
    title: 'BlueGreen',
    description: 'All of the new beside the old, verified without traffic; then all the traffic at once.',
  });

const allAtOnce = z.strictObject({ type: z.literal('allAtOnce') }).meta({
  title: 'AllAtOnce',
  description: 'Every instance in one batch: the fastest, with the most at stake.',
});

const ALL = z.discriminatedUnion('type', [rolling, canary, blueGreen, allAtOnce]);

/** The name of a strategy is short for it with its defaults. */
export const strategy = z
  .union([z.enum(['rolling', 'canary', 'blueGreen', 'allAtOnce']), ALL])
  .transform((given) => (typeof given === 'string' ? ALL.parse({ type: given }) : given));

type Stage = z.output<typeof stage>;

function rising(stages: readonly Stage[], context: z.RefinementCtx): void {
  for (const [index, { percent }] of stages.entries()) {
    const before = stages[index - 1]?.percent;
    // What is wrong by itself comes here too, as it was written.
    if (percent === undefined || before === undefined || percent > before) continue;
    const message = `${percent} is not more than ${before}, the stage before`;
    context.addIssue({ code: 'custom', message, path: [index, 'percent'], input: percent });
  }
}

function explicitStages(stages: readonly Stage[], defaultBakeMs: number) {
  const last = stages.at(-1)?.percent === 100 ? [] : [stage.parse(100)];
  return [...stages, ...last].map(({ bake, ...rest }) => ({ ...rest, bakeMs: bake ?? defaultBakeMs }));
}
