import { QueryClient } from '@tanstack/react-query';
import { ProblemError } from './client.ts';

const MOST_TRIES = 3;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Streams tell what has changed; a page that is opened again asks again all the same.
      staleTime: 2_000,
      retry: (failures, error) => !(error instanceof ProblemError) && failures < MOST_TRIES,
    },
  },
});

queryClient.getQueryCache().subscribe(({ type, query }) => {
  // Whoever is told that nobody is signed in has to sign in again, whichever page asked.
  if (type !== 'updated' || query.queryKey[0] === 'session') return;
  const { error } = query.state;
  if (error instanceof ProblemError && error.problem.status === 401) {
    void queryClient.invalidateQueries({ queryKey: ['session'] });
  }
});
