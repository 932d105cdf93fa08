import { describe, expect, it } from 'vitest';
import { renderError } from '../../../src/cli/render/error-text.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { ConfigError, InvalidInputError, LeaseHeldError, OperationError } from '../../../src/errors.ts';

const paint = paintFor({ color: false });

function render(error: unknown, debug = false): string[] {
  return renderError(error, { paint, debug });
}

describe('an error of ours', () => {
  it('says what to do next', () => {
    const error = new InvalidInputError('"1/2" cannot be a version', { remedy: 'Use letters and digits.' });
    expect(render(error)).toEqual(['✗ "1/2" cannot be a version', '  Use letters and digits.']);
  });

  it('without a remedy is one line', () => {
    expect(render(new InvalidInputError('no'))).toEqual(['✗ no']);
  });

  it('of a config has a line a problem', () => {
    const error = new ConfigError([
      'sluice.config.yaml:7:15 a: 150 is more than 100',
      'sluice.config.yaml:9:1 b: unknown',
    ]);
    expect(render(error)).toEqual([
      '✗ sluice.config.yaml:7:15 a: 150 is more than 100',
      '  sluice.config.yaml:9:1 b: unknown',
    ]);
  });

  it('of a lease says who has it', () => {
    const held = { holder: 'ann@laptop pid 4711', since: 0, doing: 'deploying 1.1.0' };
    const error = new LeaseHeldError('ann@laptop pid 4711 holds api', held, { remedy: 'Wait with --wait.' });
    expect(render(error)).toEqual(['✗ ann@laptop pid 4711 holds api', '  Wait with --wait.']);
  });

  it('of an operation shows its evidence', () => {
    const error = new OperationError('api.3 ended', {
      evidence: { probe: 'HTTP 503', exitCode: 3, log: ['one', '\u001b[31mtwo\u001b[39m'] },
      remedy: 'Look at its log.',
    });
    expect(render(error)).toEqual([
      '✗ api.3 ended',
      '  probe  HTTP 503',
      '  ended  with exit code 3',
      '  log    │ one',
      '         │ two',
      '  Look at its log.',
    ]);
  });

  it('shows at most the last ten lines of a log', () => {
    const log = Array.from({ length: 30 }, (_, line) => `line ${line}`);
    const lines = render(new OperationError('api.3 ended', { evidence: { log } }));
    expect(lines).toHaveLength(11);
    expect(lines[1]).toBe('  log    │ line 20');
  });
});

describe('any other error', () => {
  it('is its message, and how to see more', () => {
    expect(render(new TypeError('x is not a function'))).toEqual([
      '✗ x is not a function',
      '  SLUICE_DEBUG=1 shows where it came from.',
    ]);
    expect(render('a string')).toEqual(['✗ a string', '  SLUICE_DEBUG=1 shows where it came from.']);
  });

  it('has its stack, and those of its causes, when debugging', () => {
    const lines = render(new Error('outer', { cause: new Error('inner') }), true);
    expect(lines[0]).toBe('✗ outer');
    expect(lines[1]).toMatch(/^ {4}at .*error-text\.test\.ts/);
    expect(lines).toContain('  caused by inner');
  });

  it('debugs by the environment', () => {
    const before = process.env.SLUICE_DEBUG;
    process.env.SLUICE_DEBUG = '1';
    try {
      expect(renderError(new Error('x'), { paint }).length).toBeGreaterThan(2);
    } finally {
      if (before === undefined) delete process.env.SLUICE_DEBUG;
      else process.env.SLUICE_DEBUG = before;
    }
  });

  it('cannot steer the terminal', () => {
    expect(render(new Error('\u001b[2Jgone'))[0]).toBe('✗ gone');
  });
});
