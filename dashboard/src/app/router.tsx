/** The pages and their addresses. Each is loaded when it is first opened; filters are part of the address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { FleetPage } from '../fleet/fleet-page.tsx';
import { PageFailure } from '../parts/failure.tsx';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';

/** Of an address: words that are given, and nothing else. */
type Search<K extends string> = { readonly [Name in K]?: string };

function searchOf<const K extends string>(...names: readonly K[]) {
  return (given: Record<string, unknown>): Search<K> => {
    const words = names.flatMap((name) => {
      const value = given[name];
      const isWord = (typeof value === 'string' && value !== '') || typeof value === 'number';
      return isWord ? [[name, String(value)]] : [];
    });
    return Object.fromEntries(words) as Search<K>;
  };
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageFailure });
const page = { getParentRoute: () => root } as const;

const fleetRoute = createRoute({
  ...page,
  path: '/',
  component: FleetPage,
  validateSearch: searchOf('q', 'environment', 'show'),
});

const serviceRoute = createRoute({
  ...page,
  path: '/services/$service',
  component: lazyRouteComponent(() => import('../service/service-page.tsx'), 'ServicePage'),
  validateSearch: searchOf('environment', 'target'),
});

const rolloutRoute = createRoute({
  ...page,
  path: '/deployments/$id',
  component: lazyRouteComponent(() => import('../rollout/rollout-page.tsx'), 'RolloutPage'),
  validateSearch: searchOf('target', 'show'),
});

const historyRoute = createRoute({
  ...page,
  path: '/history',
  component: lazyRouteComponent(() => import('../history/history-page.tsx'), 'HistoryPage'),
  validateSearch: searchOf('service', 'environment', 'outcome', 'version', 'by', 'since', 'until'),
});

const compareRoute = createRoute({
  ...page,
  path: '/compare',
  component: lazyRouteComponent(() => import('../history/compare-page.tsx'), 'ComparePage'),
  validateSearch: searchOf('from', 'to'),
});

const newPlanRoute = createRoute({
  ...page,
  path: '/plan',
  component: lazyRouteComponent(() => import('../plan/new-plan-page.tsx'), 'NewPlanPage'),
  validateSearch: searchOf('service', 'environment', 'version', 'rollback'),
});

const planRoute = createRoute({
  ...page,
  path: '/plans/$digest',
  component: lazyRouteComponent(() => import('../plan/plan-page.tsx'), 'PlanPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    fleetRoute,
    serviceRoute,
    rolloutRoute,
    historyRoute,
    compareRoute,
    newPlanRoute,
    planRoute,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  // `?version=1.0` stays a word.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => typeof value === 'string' && value !== '');
    const text = new URLSearchParams(given as [string, string][]).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
