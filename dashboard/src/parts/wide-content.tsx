import type { ReactNode } from 'react';

/** What may be wider than a narrow screen: it is moved sideways by itself, also by keys. */
export function WideContent({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section className="wide-content" aria-label={name} tabIndex={0}>
      {children}
    </section>
  );
}
