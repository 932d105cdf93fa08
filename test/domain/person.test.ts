import { describe, expect, test } from 'vitest';
import { countPeople, isListed, isSamePerson } from '../../src/domain/person.ts';

describe('one person', () => {
  test.each([
    ['ann@laptop', 'ann@laptop', true],
    ['ann@laptop', 'ann@desk', true],
    ['ann@laptop', 'bob@laptop', false],
    ['ann (as deploy@host)', 'ann@laptop', true],
    ['ann (as deploy@host)', 'bob (as deploy@host)', false],
    // Who uses the account without a name is somebody else again, as far as can be told.
    ['ann (as deploy@host)', 'deploy@host', false],
    ['ann@laptop (as deploy@host)', 'ann@laptop', true],
    ['ann@corp.example (as deploy@host)', 'ann@other.example (as deploy@host)', false],
    ['ci', 'ci', true],
  ])('%s, %s: %s', (one, other, same) => {
    expect([isSamePerson(one, other), isSamePerson(other, one)]).toEqual([same, same]);
  });
});

describe('a list', () => {
  test.each([
    ['ann@laptop', ['ann'], true],
    ['ann@laptop', ['ann@laptop'], true],
    ['ann@desk', ['ann@laptop'], false],
    ['ann (as deploy@host)', ['ann'], true],
    ['ann (as deploy@host)', ['ann@host'], true],
    // The account alone is no name: everybody has it.
    ['ann (as deploy@host)', ['deploy'], false],
    ['deploy@host', ['deploy'], true],
    ['ann@corp.example (as deploy@host)', ['ann@corp.example'], true],
    ['bob@laptop', ['ann', 'carl'], false],
  ])('%s on %j: %s', (person, list, listed) => {
    expect(isListed(person, list)).toBe(listed);
  });

  test('counts each person once', () => {
    expect(countPeople(['ann', 'bob'])).toBe(2);
    expect(countPeople(['ann', 'ann@laptop', 'ann@desk'])).toBe(1);
    expect(countPeople([])).toBe(0);
  });
});
