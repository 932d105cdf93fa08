/** The verbs by which people steer a deployment that is under way. */
import { AS, PLAN, REASON, type Verb, WAIT } from './verb.ts';

export const SIGNAL_VERBS: readonly Verb[] = [
  {
    name: 'approve',
    arguments: '[deployment]',
    summary: 'Answer a gate with yes',
    options: [REASON, PLAN, AS],
    examples: [
      ['sluice approve api-7 -m "numbers look good"', 'lets it go on, or counts as one of several'],
      ['sluice approve api-7 --plan 3f9a1c', 'and nothing else than that plan'],
    ],
    load: async () => (await import('./commands/signals.ts')).approve,
  },
  {
    name: 'reject',
    arguments: '[deployment]',
    summary: 'Answer a gate with no: the deployment turns back',
    options: [REASON, PLAN, AS],
    examples: [['sluice reject api-7 -m "errors doubled"', 'rolls it back']],
    load: async () => (await import('./commands/signals.ts')).reject,
  },
  {
    name: 'promote',
    arguments: '[deployment]',
    summary: 'Go on to the next step without waiting for the rest of the bake; at a gate, approve it',
    options: [
      ['--full', 'skip every bake that is left and approve every gate that is yours to answer; never health'],
      REASON,
      PLAN,
      AS,
    ],
    examples: [['sluice promote --full', 'for a fix that cannot wait']],
    load: async () => (await import('./commands/signals.ts')).promote,
  },
  {
    name: 'pause',
    arguments: '[deployment]',
    summary: 'Hold a deployment where it is',
    options: [REASON, AS],
    examples: [['sluice pause', 'what is under way on a target is finished first']],
    load: async () => (await import('./commands/signals.ts')).pause,
  },
  {
    name: 'resume',
    arguments: '[deployment]',
    summary: 'Go on with a deployment that is paused, or whose controller is gone',
    options: [WAIT, REASON, AS],
    examples: [['sluice resume', 'after a crash, a reboot, or `sluice pause`']],
    load: async () => (await import('./commands/signals.ts')).resume,
  },
  {
    name: 'retry',
    arguments: '[deployment]',
    summary: 'Try again what failed, in a deployment that paused because of it; what was done stays done',
    options: [REASON, AS],
    examples: [['sluice retry api-7', 'needs `policy.onFailure: pause`']],
    load: async () => (await import('./commands/signals.ts')).retry,
  },
  {
    name: 'abort',
    arguments: '[deployment]',
    summary: 'Stop a deployment and roll it back; always wins',
    options: [REASON, AS],
    examples: [['sluice abort api-7', 'also when its controller is gone']],
    load: async () => (await import('./commands/signals.ts')).abort,
  },
];
