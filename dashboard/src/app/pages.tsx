/** Pages for whoever is signed in; for everybody else the way in, at the same address. */
import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { SessionProvider, useSessionQuery } from '../api/session.ts';
import { Failure } from '../parts/failure.tsx';
import { SignIn } from './sign-in.tsx';

export function Pages({ children }: { readonly children: ReactNode }) {
  const { data: session, error, refetch } = useSessionQuery();
  if (session === null) return <SignIn />;
  if (session !== undefined) return <SessionProvider value={session}>{children}</SessionProvider>;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  return <Loader className="page-loader" role="status" aria-label="Loading" />;
}
