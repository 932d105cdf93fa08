/**
 * Who somebody is, as the journal records it: `ann@laptop`, the account and its machine, or
 * `ann (as deploy@host)` where several people use one account and say who they are.
 */
const CLAIMED = /^(\S+) \(as (\S+)@([^@\s)]+)\)$/;
const ACCOUNT = /^(\S+)@([^@\s]+)$/;

/** What the person goes by: the bare name, and the name on that machine. */
function namesOf(person: string): readonly string[] {
  const [, claimed, , host] = CLAIMED.exec(person) ?? [];
  if (claimed !== undefined) return [claimed, `${claimed}@${host}`];
  const [, user] = ACCOUNT.exec(person) ?? [];
  return user === undefined ? [person] : [user, person];
}

/**
 * Whether both are one person, as far as names tell. One user name on two machines counts as one person: to
 * count somebody twice would be worse than to ask a third.
 */
export function isSamePerson(one: string, other: string): boolean {
  const names = namesOf(other);
  return namesOf(one).some((name) => names.includes(name));
}

/** Whether the person is on the list. A list names people as `ann`, on any machine, or `ann@laptop`. */
export function isListed(person: string, list: readonly string[]): boolean {
  return namesOf(person).some((name) => list.includes(name));
}

/** How many people a list names. */
export function countPeople(list: readonly string[]): number {
  return list.filter((name, at) => !list.slice(0, at).some((earlier) => isSamePerson(earlier, name))).length;
}
