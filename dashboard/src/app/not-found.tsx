import { Empty } from '../parts/empty.tsx';
import { PageLink } from '../parts/page-link.tsx';

export function NotFound() {
  return (
    <Empty title="There is no such page">
      The address may be mistyped. <PageLink to="/">See the fleet</PageLink>.
    </Empty>
  );
}
