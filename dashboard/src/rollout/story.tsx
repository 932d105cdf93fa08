/** The journal in words: what happened when, and who asked for what. */
import { SegmentedControl, Switch } from '@mantine/core';
import { useDeferredValue, useMemo, useState } from 'react';
import type { StoredEvent } from '../../../src/journal/journal.ts';
import { formatDateTime, formatDuration } from '../../../src/words/durations-text.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import { tellStory } from '../../../src/words/story.ts';

const MOST_SHOWN = 300;

export function Story({ id, events }: { readonly id: string; readonly events: readonly StoredEvent[] }) {
  const [order, setOrder] = useState('newest');
  const [apart, setApart] = useState(false);
  const told = useDeferredValue(events);
  const lines = useMemo(() => tellStory(id, told, UNCOLORED, apart), [id, told, apart]);
  const first = lines[0]?.at ?? 0;
  const inOrder = order === 'newest' ? lines.toReversed() : lines;
  const shown = inOrder.slice(0, MOST_SHOWN);
  return (
    <>
      <div className="story-head">
        <SegmentedControl
          size="xs"
          aria-label="Order"
          value={order}
          onChange={setOrder}
          data={[
            { value: 'newest', label: 'Newest first' },
            { value: 'oldest', label: 'Oldest first' },
          ]}
        />
        <Switch
          size="sm"
          label="Each target in a line of its own"
          checked={apart}
          onChange={({ currentTarget }) => setApart(currentTarget.checked)}
        />
      </div>
      <ol className="story">
        {shown.map(({ seq, at, count, words }) => (
          <li key={`${seq} ${words.text}`} data-in-step={words.inStep || undefined}>
            <time dateTime={new Date(at).toISOString()} title={formatDateTime(at)} className="story-time">
              +{formatDuration(at - first)}
            </time>
            <span>
              {words.text}
              {count > 1 && <span className="dimmed"> ({count} times)</span>}
            </span>
            <span className="dimmed">{words.tookMs === null ? '' : formatDuration(words.tookMs)}</span>
          </li>
        ))}
      </ol>
      {inOrder.length > shown.length && (
        <p className="dimmed">
          {inOrder.length - shown.length} more: <code>sluice show {id}</code> prints them all.
        </p>
      )}
    </>
  );
}
