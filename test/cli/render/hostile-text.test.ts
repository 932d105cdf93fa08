/** Text from outside on its way to a terminal: logs, messages, evidence, ids in a journal that somebody edited. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderError } from '../../../src/cli/render/error-text.ts';
import { paintForOutput } from '../../../src/cli/render/paint.ts';
import { renderShow } from '../../../src/cli/render/show-text.ts';
import { renderHistory } from '../../../src/cli/render/tables.ts';
import { logLine, tame, tameJson } from '../../../src/cli/render/text.ts';
import { usageError } from '../../../src/cli/usage-error.ts';
import { type Account, accountOf } from '../../../src/domain/account.ts';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import { fold } from '../../../src/domain/evolve.ts';
import { firstSummary, nextSummary } from '../../../src/domain/summary.ts';
import { OperationError } from '../../../src/errors.ts';
import { examplePlan } from '../../../src/testing/journal-fixtures.ts';
import { clean } from '../../../src/words/clean.ts';

const paint = paintForOutput({ isTTY: false, env: { LC_ALL: 'C.UTF-8' }, color: false });
const colored = paintForOutput({ isTTY: true, env: { LC_ALL: 'C.UTF-8', FORCE_COLOR: '1' }, color: true });
/** Clears the screen, sets the title, writes to the clipboard, moves up, in 7 and in 8 bits; turns the direction. */
const EVIL =
  '\u001b[2J\u001b]0;title\u0007\u001b]52;c;AAAA\u001b\\\u009b2J\u009d0;x\u009c\u001b[1A\r\b\u202e\u2066';
const STEERS = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
const SGR = /\u001b\[[0-9;]*m/g;

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(fc.constantFrom(...EVIL.split(''), '\u001b[31m', '\u001b[', 'm', 'a', '\n', '\t', '👩‍🚀'), {
      maxLength: 20,
    })
    .map((all) => all.join('')),
);

describe('the last thing before a terminal', () => {
  test('leaves colours, line breaks and tabs, and nothing else that steers', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(tame(text).replace(SGR, '').replaceAll('\t', '')).not.toMatch(STEERS);
        expect(clean(text)).not.toMatch(STEERS);
      }),
      { numRuns: 300 },
    );
    expect(tame(`\u001b[32mgood\u001b[39m\n\tx${EVIL}`)).not.toContain('\u0007');
    expect(tame('\u001b[32mgood\u001b[39m\n\tx')).toBe('\u001b[32mgood\u001b[39m\n\tx');
  });

  test('JSON says the same, in escapes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = tameJson(JSON.stringify({ text }, null, 2));
        expect(json).not.toMatch(STEERS);
        expect(JSON.parse(json)).toEqual({ text });
      }),
      { numRuns: 300 },
    );
  });

  test('a line of a log keeps its colours where there are any, and they end with it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(logLine(text, false)).not.toMatch(STEERS);
        const line = logLine(text, true);
        expect(line.replace(SGR, '')).not.toMatch(STEERS);
        expect(line.includes('\u001b')).toBe(line.endsWith('\u001b[0m'));
      }),
      { numRuns: 300 },
    );
    expect(logLine('\u001b[31mred\u001b[2J', true)).toBe('\u001b[31mred\u001b[0m');
    expect(logLine('\u001b[31mred\u001b[2J', false)).toBe('red');
  });
});

/** A deployment in which every text that comes from outside is this one. */
function storyWith(evil: string): DeploymentEvent[] {
  const plan = examplePlan();
  const evidence = { probe: evil, signal: evil, log: [evil, `b${evil}`] };
  const cause = { kind: 'failure', message: evil, target: plan.targets[0]?.id ?? '', evidence } as const;
  return [
    { type: 'deployment-created', at: 1, plan: { ...plan, strategy: { name: evil, options: {} } }, by: evil },
    { type: 'controller-changed', at: 2, controller: evil, epoch: 1 },
    { type: 'deployment-started', at: 3, unhealthy: [] },
    { type: 'step-started', at: 4, step: 0 },
    { type: 'step-finished', at: 5, step: 0, note: evil },
    { type: 'signal-received', at: 6, id: 1, signal: { signal: 'pause', by: evil, reason: evil } },
    { type: 'signal-received', at: 7, id: 2, signal: { signal: 'approve', by: evil }, refused: evil },
    { type: 'step-failed', at: 8, step: 1, cause },
    { type: 'rollback-started', at: 9, cause, steps: [] },
    { type: 'deployment-finished', at: 10, outcome: 'rolled-back', cause },
  ];
}

describe('what is rendered of text from outside steers nothing, before the last guard even', () => {
  const texts = [EVIL, `a${EVIL}b`, '\n\n\n', '\u001b[31m'];
  test.each(texts)('the story of a deployment: %j', (evil) => {
    const events = storyWith(evil);
    expect(fold('api-1', events).outcome).toBe('rolled-back');
    const stored = events.map((event, index) => ({ seq: index + 1, event }));
    const account = accountOf('api-1', events) as Account;
    const options = { paint, columns: 80, allTargets: true, now: 60_000 };
    for (const line of renderShow(account, stored, options)) expect(line).not.toMatch(STEERS);
    for (const line of renderShow(account, stored, { ...options, paint: colored })) {
      expect(line.replace(SGR, '')).not.toMatch(STEERS);
    }
  });

  test.each(texts)('the list of deployments: %j', (evil) => {
    const [created, ...rest] = storyWith(evil);
    if (created?.type !== 'deployment-created') throw new Error('no first event');
    const summary = rest.reduce(nextSummary, firstSummary('api-1', created));
    for (const line of renderHistory([summary], { paint, columns: 80, now: 20 }))
      expect(line).not.toMatch(STEERS);
  });

  test.each(texts)('an error: %j', (evil) => {
    const error = new OperationError(`failed ${evil}`, {
      remedy: evil,
      evidence: { probe: evil, log: [evil] },
    });
    for (const one of [error, new Error(evil), evil, Object.create(null)]) {
      for (const line of renderError(one, { paint, debug: true })) expect(line).not.toMatch(STEERS);
    }
  });

  test('a command line that is not understood: two short lines', () => {
    fc.assert(
      fc.property(hostile, (word) => {
        const lines = usageError(`error: unknown command '${word}'\n`, { paint });
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).not.toMatch(STEERS);
      }),
    );
    expect(
      usageError(`error: unknown command '${'x'.repeat(100_000)}'\n(Did you mean one of show, stop?)\n`, {
        paint,
      }),
    ).toEqual([`✗ unknown command '${'x'.repeat(60)}…'`, '  Did you mean one of show, stop?']);
  });
});
