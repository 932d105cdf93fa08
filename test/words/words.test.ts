import { describe, expect, it } from 'vitest';
import { allAtOnceSteps } from '../../src/strategies/all-at-once.ts';
import { command, serviceCommand } from '../../src/words/typed-command.ts';
import {
  causeSentence,
  commandLine,
  counted,
  formatCount,
  formatPercent,
  idList,
  inWords,
  oldLabel,
  releaseLabel,
  versionOf,
  withoutTarget,
} from '../../src/words/words.ts';
import { planFor, releaseOf } from '../cli/render/plans.ts';

const strategy = allAtOnceSteps();

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('count %d', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it('agree with their noun', () => {
    expect(counted(1, 'target')).toBe('1 target');
    expect(counted(2_000, 'target')).toBe('2,000 targets');
    expect(counted(0, 'target')).toBe('0 targets');
  });

  it.each([
    [0, '0 %'],
    [0.05, '<1 %'],
    [12.5, '12.5 %'],
    [100 / 3, '33 %'],
    [99.95, '>99 %'],
    [100, '100 %'],
  ])('percent %d', (percent, text) => {
    expect(formatPercent(percent)).toBe(text);
  });
});

it('shortens long lists of ids', () => {
  expect(idList([], '…')).toBe('');
  expect(idList(['a', 'b', 'c'], '…')).toBe('a, b, c');
  const many = Array.from({ length: 2_000 }, (_, index) => `api.${index + 1}`);
  expect(idList(many, '…')).toBe('api.1 … api.2000 (2,000)');
});

describe('releases', () => {
  it('are known by their version', () => {
    const plan = planFor({ strategy });
    expect(releaseLabel(plan, plan.release)).toBe('1.1.0');
    expect(oldLabel(plan)).toBe('1.0.0');
    expect(versionOf(plan.release.id)).toBe('1.1.0');
  });

  it('with the same version are told apart by their digest', () => {
    const rebuilt = { ...releaseOf('1.1.0'), id: '1.1.0-ffffffffffff', digest: 'f'.repeat(64) };
    const plan = { ...planFor({ strategy }), previous: { [rebuilt.id]: rebuilt } };
    expect(releaseLabel(plan, plan.release)).toBe('1.1.0 (312e312)');
    expect(releaseLabel(plan, rebuilt)).toBe('1.1.0 (fffffff)');
  });

  it.each([
    [[null], null],
    [['1.1.0'], null],
    [['1.0.0', '0.9.0'], '1.0.0 and 0.9.0'],
    [['1.0.0', '0.9.0', '0.8.0'], '3 versions'],
  ])('that ran before: %j', (versions, label) => {
    const plan = planFor({ strategy, from: (index) => versions[index % versions.length] ?? null });
    expect(oldLabel(plan)).toBe(label);
  });
});

describe('messages', () => {
  it('name their target once', () => {
    expect(causeSentence({ message: 'port taken', target: 'api.1' })).toBe('api.1: port taken');
    expect(causeSentence({ message: 'api.1 ended', target: 'api.1' })).toBe('api.1 ended');
    expect(causeSentence({ message: 'aborted by ann' })).toBe('aborted by ann');
    expect(withoutTarget('api.1: port taken', 'api.1')).toBe('port taken');
    expect(withoutTarget('api.1 ended', 'api.1')).toBe('ended');
  });

  it('tell long times as people do', () => {
    expect(inWords('probe timed out after 60000 ms')).toBe('probe timed out after 1 min');
    expect(inWords('HTTP 200 in 12 ms')).toBe('HTTP 200 in 12 ms');
  });

  it('cannot steer the terminal', () => {
    expect(inWords('\u001b[2Jgone\nnext')).toBe('gone next');
  });
});

describe('commands', () => {
  it('can be typed as they are printed', () => {
    expect(command('show', 'api-7')).toBe('sluice show api-7');
    expect(command('logs', "ann's place")).toBe("sluice logs 'ann'\\''s place'");
    expect(commandLine(['sh', '-c', 'echo $HOME; true'])).toBe("sh -c 'echo $HOME; true'");
  });

  it('name the environment where it has a name', () => {
    expect(serviceCommand('rollback', 'local', 'api')).toBe('sluice rollback api');
    expect(serviceCommand('rollback', 'production', 'api')).toBe('sluice rollback api --env production');
  });
});
