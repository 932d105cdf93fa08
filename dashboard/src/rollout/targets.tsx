/** The fleet of a deployment: counts, a cell a target, and all of the one that is chosen. */
import { NativeSelect, TextInput } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Account } from '../../../src/domain/account.ts';
import { CONDITIONS, conditionWords, fleetOf } from '../../../src/words/fleet.ts';
import { formatCount } from '../../../src/words/words.ts';
import { CONDITION_MARKS } from './condition-marks.ts';
import { TargetDetails } from './target-details.tsx';
import { TargetGrid } from './target-grid.tsx';

const route = getRouteApi('/deployments/$id');

/** Up to here one sees at a glance what there is. */
const MOST_WITHOUT_FILTER = 24;

export function Targets({ account }: { readonly account: Account }) {
  const { state } = account;
  const { plan } = state;
  const { target: chosen, show = '' } = route.useSearch();
  const navigate = useNavigate({ from: '/deployments/$id' });
  const [words, setWords] = useState('');
  const fleet = useMemo(() => fleetOf(state), [state]);
  const labels = useMemo(() => conditionWords(plan), [plan]);
  const set = (change: { readonly target?: string; readonly show?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false });

  const shown = plan.targets.flatMap(({ id }, index) => {
    const condition = fleet.conditions[index] ?? 'none';
    const isMeant = (show === '' || show === condition) && id.toLowerCase().includes(words.toLowerCase());
    return isMeant ? [{ id, condition }] : [];
  });
  const present = CONDITIONS.filter((condition) => fleet.counts[condition] > 0).toReversed();
  return (
    <>
      <ul className="conditions" aria-label="How many targets are how">
        {present.map((condition) => (
          <li key={condition}>
            <span className="cell-mark" data-condition={condition} aria-hidden="true">
              {CONDITION_MARKS[condition]}
            </span>
            {formatCount(fleet.counts[condition])} {labels[condition]}
          </li>
        ))}
      </ul>
      {plan.targets.length > MOST_WITHOUT_FILTER && (
        <div className="target-filters">
          <TextInput
            type="search"
            size="xs"
            aria-label="Find targets"
            placeholder="Find  ( / )"
            value={words}
            onChange={({ currentTarget }) => setWords(currentTarget.value)}
          />
          <NativeSelect
            size="xs"
            aria-label="Which targets"
            value={show}
            onChange={({ currentTarget }) => set({ show: currentTarget.value })}
            data={[
              { value: '', label: 'All' },
              ...CONDITIONS.map((value) => ({ value, label: labels[value] })),
            ]}
          />
        </div>
      )}
      <TargetGrid
        targets={shown}
        labels={labels}
        chosen={chosen ?? null}
        choose={(target) => set({ target })}
      />
      {shown.length === 0 && (
        <p className="dimmed">No target is like that. Clear the filters to see all {plan.targets.length}.</p>
      )}
      {chosen !== undefined && chosen !== '' && (
        <TargetDetails account={account} id={chosen} close={() => set({ target: '' })} />
      )}
    </>
  );
}
