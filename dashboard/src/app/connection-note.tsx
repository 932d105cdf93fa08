/** Says whether the page is live. A server that went away without a word is noticed, too: it is asked now and then. */
import { Text } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { formatTime } from '../../../src/words/durations-text.ts';
import { joinConnection, useConnection } from '../api/connection.ts';

const ASK_EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;

export function ConnectionNote() {
  const { state, since } = useConnection();
  useWatchedServer();
  if (state === 'lost') {
    return (
      <output className="connection" data-state="lost">
        Connection lost: shown as of {formatTime(since)} UTC, trying again
      </output>
    );
  }
  return (
    <Text component="output" size="sm" c="dimmed" className="connection" data-state={state}>
      {state === 'live' ? 'Live' : 'Connecting'}
    </Text>
  );
}

function useWatchedServer(): void {
  const [part] = useState(joinConnection);
  const ask = async () => {
    const isUp = await fetch('/healthz', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
      ({ ok }) => ok,
      () => false,
    );
    part.report(isUp ? 'live' : 'lost');
  };
  const { start, stop } = useInterval(() => void ask(), ASK_EVERY_MS);
  useEffect(() => {
    start();
    const wentOffline = () => part.report('lost');
    window.addEventListener('offline', wentOffline);
    return () => {
      stop();
      window.removeEventListener('offline', wentOffline);
    };
  }, [start, stop, part]);
}
