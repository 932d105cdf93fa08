/** What could not be read or done, in the server's own words, with what to do about it. */
import { Alert, Button, Text } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ProblemError, UnansweredError } from '../api/client.ts';

interface FailureProps {
  readonly error: unknown;
  readonly retry?: () => void;
}

export function Failure({ error, retry }: FailureProps) {
  return (
    <Alert color="red" title={titleOf(error)} role="alert">
      <Text size="sm">{wordsOf(error)}</Text>
      {retry !== undefined && (
        <Button mt="sm" size="compact-sm" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** A page that broke. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  return <Failure error={error} retry={reset} />;
}

export function titleOf(error: unknown): string {
  if (error instanceof ProblemError) return error.problem.title;
  return error instanceof UnansweredError ? 'The server does not answer' : 'This page failed';
}

/** One or two sentences: what is wrong, and what to do. */
export function wordsOf(error: unknown): string {
  if (error instanceof ProblemError) {
    const { detail, remedy } = error.problem;
    return remedy === undefined ? sentence(detail) : `${sentence(detail)} ${remedy}`;
  }
  if (error instanceof UnansweredError)
    return 'It is tried again; look whether the server runs: sluice serve.';
  return error instanceof Error ? error.message : String(error);
}

function sentence(words: string): string {
  const begun = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
