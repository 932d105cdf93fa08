/**
 * The dashboard: what a server knows, shown live. Reads through the API alone; deployments are folded and put into words by the
 * same code that the engine and the command line use (`src/domain/`, `src/words/`).
 *
 * `api/` asks the server; `app/` is what surrounds every page; a folder a page; `parts/` is what pages share.
 */
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.ts';
import { Pages } from './app/pages.tsx';
import { router } from './app/router.tsx';
import './app/styles.ts';
import { theme } from './app/theme.ts';

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no place for the dashboard');

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <Pages>
          <RouterProvider router={router} />
        </Pages>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
