import { JournalError } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { type Faults, JOURNAL_CALLS } from './faults.ts';

type Method = (...args: unknown[]) => Promise<unknown>;

/** The journal as faults leave it: now and then it cannot be reached, or its answer is lost. */
export function struckJournal(journal: Journal, faults: Faults): Journal {
  return new Proxy(journal, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const method: Method = async (...args) => Reflect.apply(member, target, args) as unknown;
      const call = JOURNAL_CALLS.find((one) => one === `journal ${String(name)}`);
      return call === undefined ? method : struck(method, () => faults.strike(call, null, null));
    },
  });
}

function struck(method: Method, strike: () => string | null): Method {
  return async (...args) => {
    const fault = strike();
    if (fault === 'fails') throw new JournalError('simulated failure of the journal');
    const answer = await method(...args);
    if (fault === 'reply-lost') throw new JournalError('simulated loss of the answer of the journal');
    return answer;
  };
}
