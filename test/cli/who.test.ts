import { hostname, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { whoAsks } from '../../src/cli/who.ts';

const account = `${userInfo().username}@${hostname()}`;

test.each([
  ['the account alone', {}, {}, account],
  ['a name, with the account that is used', { as: 'zoe' }, {}, `zoe (as ${account})`],
  ['a name in the environment', {}, { SLUICE_USER: 'zoe@example.com' }, `zoe@example.com (as ${account})`],
  ['what is given wins', { as: 'zoe' }, { SLUICE_USER: 'yan', SUDO_USER: 'xi' }, `zoe (as ${account})`],
  ['who used sudo', {}, { SUDO_USER: 'xi' }, `xi (as ${account})`],
  ['a variable that is empty says nothing', {}, { SLUICE_USER: '', SUDO_USER: '' }, account],
  ['the account by its own name', { as: userInfo().username }, {}, account],
  ['the account by its full name', { as: account }, {}, account],
])('%s', (_what, options, env, expected) => {
  expect(whoAsks(options, env)).toBe(expected);
});

describe('a name that could be taken for another is refused', () => {
  test.each(['', 'zoe (as root@host)', 'a b', 'a\n', 'x'.repeat(65)])('%j', (as) => {
    expect(() => whoAsks({ as }, {})).toThrow(/^--as: .* is not a name$/);
    if (as !== '') expect(() => whoAsks({}, { SLUICE_USER: as })).toThrow(/^SLUICE_USER: /);
  });

  test('what sudo says is left out then, and the account stays', () => {
    expect(whoAsks({}, { SUDO_USER: 'CORP zoe' })).toBe(account);
  });
});
