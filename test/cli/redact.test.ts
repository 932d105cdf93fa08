import { expect, test } from 'vitest';
import { redactor } from '../../src/cli/redact.ts';

test('the name of a secret stands where its value was, the longest first', () => {
  const redact = redactor(['KEY', 'LONG', 'PIN', 'UNSET'], {
    KEY: 'hunter$&',
    LONG: 'hunter$& of\nus',
    PIN: '123',
  });
  expect(redact('a hunter$&! and hunter$& of\nus, 123\n')).toBe('a [KEY]! and [LONG], 123\n');
});
