import { useDocumentTitle } from '@mantine/hooks';

/** The name of the page, as tabs of the browser show it. */
export function useTitle(name: string): void {
  useDocumentTitle(`${name} · Sluice`);
}
