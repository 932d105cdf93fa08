import { describe, expect, test } from 'vitest';
import { Bench, context, NEW, newGets, OLD } from './fixtures.ts';

const NEW_COOKIE = /^stay=[\w-]{16}; Path=\/; HttpOnly; SameSite=Lax$/;

/** Old and new behind a router that keeps people by a cookie. */
async function open(percent: number): Promise<Bench> {
  const bench = await Bench.open({ stickyCookie: 'stay' });
  await bench.named('old', OLD, newGets(percent));
  await bench.named('old-too', OLD, newGets(percent));
  await bench.named('new', NEW, newGets(percent));
  return bench;
}

/** Someone with a browser: sends back the cookie that was set last. */
class Person {
  readonly #bench: Bench;
  cookie: string | null = null;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async visit(): Promise<string> {
    const cookies = this.cookie === null ? {} : { cookie: `other=1; ${this.cookie.split(';')[0]}` };
    const { body, headers } = await this.#bench.ask('/', { headers: cookies });
    if (headers['set-cookie'] !== undefined) this.cookie = String(headers['set-cookie']);
    return body.slice(0, 3);
  }

  async visits(count: number): Promise<Set<string>> {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) seen.add(await this.visit());
    return seen;
  }
}

describe('the sticky cookie', () => {
  test('keeps each person on one release, and the shares among persons', async () => {
    await using bench = await open(50);
    const persons = Array.from({ length: 10 }, () => new Person(bench));
    const firsts: string[] = [];
    for (const person of persons) firsts.push(await person.visit());
    expect(firsts.filter((release) => release === 'new')).toHaveLength(5);
    for (const [i, person] of persons.entries()) {
      expect(person.cookie).toMatch(NEW_COOKIE);
      expect(await person.visits(4)).toEqual(new Set([firsts[i]]));
    }
  });

  test('is not set while there is nothing to choose between', async () => {
    await using bench = await open(0);
    const person = new Person(bench);
    await person.visits(3);
    await bench.router.shift('api', newGets(100), context);
    await person.visits(3);
    await bench.router.shift('api', null, context);
    await person.visits(3);
    expect(person.cookie).toBeNull();
  });

  test('a person has to move when their release has a share of 0, or no backend', async () => {
    await using bench = await open(50);
    const persons = [new Person(bench), new Person(bench)];
    const firsts = [await persons[0]!.visit(), await persons[1]!.visit()];
    expect(firsts.toSorted()).toEqual(['new', 'old']);
    await bench.router.shift('api', newGets(0), context);
    for (const person of persons) expect(await person.visits(3)).toEqual(new Set(['old']));
    await bench.router.shift('api', newGets(50), context);
    for (const target of ['old', 'old-too']) await bench.router.drain('api', target, OLD, context);
    for (const person of persons) expect(await person.visits(3)).toEqual(new Set(['new']));
  });

  test('a made-up cookie is no cookie, and is replaced', async () => {
    await using bench = await open(50);
    const person = new Person(bench);
    person.cookie = 'stay="1.0.0';
    await person.visit();
    expect(person.cookie).toMatch(NEW_COOKIE);
  });

  test('follows the person when their backend cannot be reached', async () => {
    await using bench = await Bench.open({ stickyCookie: 'stay' });
    await bench.named('old', OLD, newGets(50));
    const gone = await bench.named('new', NEW, newGets(50));
    const person = new Person(bench);
    while ((await person.visit()) !== 'new') person.cookie = null;
    const before = person.cookie;
    gone.kill();
    expect(await person.visits(3)).toEqual(new Set(['old']));
    expect(person.cookie).not.toBe(before);
  });
});

describe("the tester's header", () => {
  test('picks a release by version or id, also at a share of 0', async () => {
    await using bench = await open(0);
    const ask = async (wish: string) => {
      return (await bench.ask('/', { headers: { 'X-Sluice-Release': wish } })).body.slice(0, 3);
    };
    expect(await ask('2.0.0')).toBe('new');
    expect(await ask(NEW)).toBe('new');
    expect(await ask('1.0.0')).toBe('old');
    expect(await ask('9.9.9')).toBe('old');
    expect(await ask('2.0')).toBe('old');
    await bench.router.shift('api', newGets(100), context);
    expect(await ask('1.0.0')).toBe('old');
  });

  test('has another name, or none, where the route says so', async () => {
    await using bench = await Bench.open({ releaseHeader: 'X-Pick' });
    await bench.named('old', OLD, newGets(0));
    await bench.named('new', NEW, newGets(0));
    const ask = async () => {
      const headers = { 'x-pick': '2.0.0', 'x-sluice-release': '2.0.0' };
      return (await bench.ask('/', { headers })).body;
    };
    expect(await ask()).toBe('new');
    await bench.router.configure({ service: 'api', releaseHeader: false });
    expect(await ask()).toBe('old');
  });
});
