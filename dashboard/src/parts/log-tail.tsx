/** What a service writes, as it writes it. Kept at its end, unless somebody reads further up. */
import { Button, Text } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Problem } from '../../../src/server/api/problem.ts';
import type { LogLine } from '../../../src/server/operations.ts';
import { clean } from '../../../src/words/clean.ts';
import { openStream } from '../api/live-stream.ts';
import { LogLines } from './log-lines.ts';

interface LogTailProps {
  readonly service: string;
  readonly environment: string;
  /** Default: every target. */
  readonly target?: string;
}

const PAST_LINES = 200;
/** As far from the end as somebody may be who still follows it. */
const NEAR_PX = 24;

export function LogTail({ service, environment, target }: LogTailProps) {
  const { lines, problem } = useLines(service, environment, target);
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what it is about
  useLayoutEffect(() => {
    if (follows) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines, follows]);
  const scrolled = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = box.current ?? {};
    setFollows(scrollHeight - scrollTop - clientHeight < NEAR_PX);
  };

  return (
    <div className="log">
      <div className="log-head">
        <Text size="sm" fw={600}>
          Log{target === undefined ? '' : ` of ${target}`}
        </Text>
        <Button
          size="compact-xs"
          variant="default"
          aria-pressed={follows}
          onClick={() => setFollows(!follows)}
        >
          {follows ? 'Following' : 'Follow'}
        </Button>
      </div>
      <div
        ref={box}
        className="log-lines"
        role="log"
        aria-label={`Log of ${target ?? service}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        tabIndex={0}
        onScroll={scrolled}
      >
        {lines.length === 0 && problem === null && <span className="dimmed">Nothing written yet.</span>}
        {lines.map(({ key, line, target: from }) => (
          <div key={key}>
            {target === undefined && <span className="log-target">{from} </span>}
            {clean(line)}
          </div>
        ))}
        {problem !== null && <div className="log-problem">{problem.detail}</div>}
      </div>
    </div>
  );
}

function useLines(service: string, environment: string, target: string | undefined) {
  const [lines, setLines] = useState<ReturnType<LogLines['all']>>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const kept = new LogLines();
    let frame = 0;
    setLines([]);
    setProblem(null);
    const close = openStream({
      path: `/services/${encodeURIComponent(service)}/logs/stream`,
      query: () => ({ environment, target, lines: PAST_LINES }),
      // Whoever comes again is told the last lines again.
      onOpen: () => kept.clear(),
      on: {
        line: (line: LogLine) => {
          kept.add(line);
          cancelAnimationFrame(frame);
          frame = requestAnimationFrame(() => setLines(kept.all()));
        },
      },
      onProblem: setProblem,
    });
    return () => {
      cancelAnimationFrame(frame);
      close();
    };
  }, [service, environment, target]);
  return { lines, problem };
}
