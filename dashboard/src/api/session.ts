/** Who is signed in, and what they may. The token goes to the server once; what stays here is a cookie no script can read. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { SessionView } from '../../../src/server/api/access-answers.ts';
import type { Permission } from '../../../src/server/api/permissions.ts';
import { ask, ProblemError, setCsrf } from './client.ts';
import { queryClient } from './query-client.ts';

/** `null`: nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<SessionView | null> => {
    try {
      return remembered(await ask<SessionView>('/session', { signal }));
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export function useSessionQuery() {
  return useQuery(sessionQuery);
}

const SessionContext = createContext<SessionView | null>(null);
export const SessionProvider = SessionContext.Provider;

/** Whoever is signed in. Only on pages, which nobody sees who is not. */
export function useSession(): SessionView {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('a page is shown to nobody');
  return session;
}

export async function signIn(token: string): Promise<void> {
  const session = await ask<SessionView>('/session', { method: 'POST', body: { token } });
  queryClient.setQueryData(sessionQuery.queryKey, remembered(session));
}

export async function signOut(): Promise<void> {
  await ask<void>('/session', { method: 'DELETE' });
  setCsrf(null);
  queryClient.setQueryData(sessionQuery.queryKey, null);
  // What this person could see is not for the next one.
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
}

function remembered(session: SessionView): SessionView {
  setCsrf(session.csrf);
  return session;
}

/** Why this person may not do it there; `null` when they may. */
export function whyForbidden(
  { name, may, grants }: SessionView,
  needed: readonly Permission[],
  environment: string,
): string | null {
  const allowed = new Set([...(may['*'] ?? []), ...(may[environment] ?? [])]);
  if (needed.every((permission) => allowed.has(permission))) return null;
  const roles = grants.filter((grant) => grant.environment === '*' || grant.environment === environment);
  const are = roles.length === 0 ? 'have no role' : `are ${roles.map(({ role }) => role).join(' and ')}`;
  return `you (${name}) ${are} in ${environment}, which does not allow it`;
}
