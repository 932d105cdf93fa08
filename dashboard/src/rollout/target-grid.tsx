/**
 * Targets as cells: with their names as long as they are few, as bare marks when they are many. Of the cells only one can be
 * reached by Tab; the arrow keys lead to the others.
 */
import { type KeyboardEvent, memo, useCallback, useRef, useState } from 'react';
import type { Condition } from '../../../src/words/fleet.ts';
import { CONDITION_MARKS } from './condition-marks.ts';

interface Cell {
  readonly id: string;
  readonly condition: Condition;
}

interface TargetGridProps {
  readonly targets: readonly Cell[];
  readonly labels: Readonly<Record<Condition, string>>;
  readonly chosen: string | null;
  readonly choose: (id: string) => void;
}

const MOST_NAMED = 60;
const BY_KEY: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

export function TargetGrid({ targets, labels, chosen, choose }: TargetGridProps) {
  const isNamed = targets.length <= MOST_NAMED;
  const grid = useRef<HTMLDivElement>(null);
  const [reached, setReached] = useState<string | null>(null);
  // The parent's `choose` is another one each time; cells need one that stays.
  const latest = useRef(choose);
  latest.current = choose;
  const pick = useCallback((id: string) => {
    setReached(id);
    latest.current(id);
  }, []);
  const entry = targets.some(({ id }) => id === reached) ? reached : (targets[0]?.id ?? null);

  const move = (event: KeyboardEvent) => {
    const cells = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = cells.indexOf(document.activeElement as HTMLButtonElement);
    const step = BY_KEY[event.key] ?? rowStep(event.key, cells);
    const next = cells[at + step];
    if (at === -1 || step === 0 || next === undefined) return;
    event.preventDefault();
    next.focus();
    setReached(next.value);
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    <div
      ref={grid}
      role="group"
      aria-label="Targets"
      className="target-grid"
      data-named={isNamed || undefined}
      onKeyDown={move}
    >
      {targets.map(({ id, condition }) => (
        <TargetCell
          key={id}
          id={id}
          condition={condition}
          label={labels[condition]}
          isNamed={isNamed}
          isChosen={id === chosen}
          isEntry={id === entry}
          pick={pick}
        />
      ))}
    </div>
  );
}

/** How many cells further the same place in the next row, or the one before, is. */
function rowStep(key: string, cells: readonly HTMLElement[]): number {
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return 0;
  const top = cells[0]?.offsetTop;
  const columns = cells.findIndex(({ offsetTop }) => offsetTop !== top);
  if (columns === -1) return 0;
  return key === 'ArrowDown' ? columns : -columns;
}

interface TargetCellProps extends Cell {
  readonly label: string;
  readonly isNamed: boolean;
  readonly isChosen: boolean;
  readonly isEntry: boolean;
  readonly pick: (id: string) => void;
}

const TargetCell = memo(function TargetCell({
  id,
  condition,
  label,
  isNamed,
  isChosen,
  isEntry,
  pick,
}: TargetCellProps) {
  return (
    <button
      type="button"
      className="target-cell"
      value={id}
      data-condition={condition}
      aria-pressed={isChosen}
      tabIndex={isEntry ? 0 : -1}
      title={`${id}: ${label}`}
      {...(isNamed ? {} : { 'aria-label': `${id} ${label}` })}
      onClick={() => pick(id)}
    >
      <span aria-hidden="true">{CONDITION_MARKS[condition]}</span>
      {isNamed && <span className="target-name">{id}</span>}
      {isNamed && ' '}
      {isNamed && <span className="target-label">{label}</span>}
    </button>
  );
});
