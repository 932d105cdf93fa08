import type { ReactNode } from 'react';

/** What a colour means, the same everywhere: see `global.css`. */
export type Tone = 'good' | 'bad' | 'waiting' | 'moving' | 'plain';

export function Tag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className="tag" data-tone={tone}>
      {children}
    </span>
  );
}
