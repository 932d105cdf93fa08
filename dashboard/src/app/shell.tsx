/** What surrounds every page: where one can go, who is signed in, and whether what is shown is what is. */
import {
  ActionIcon,
  Anchor,
  Button,
  Group,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useChanges } from '../api/changes.ts';
import { signOut, useSession } from '../api/session.ts';
import { Logo } from '../parts/logo.tsx';
import { ConnectionNote } from './connection-note.tsx';
import { Shortcuts } from './shortcuts.tsx';

const PLACES = [
  { to: '/', name: 'Fleet', hotkey: 'f' },
  { to: '/history', name: 'History', hotkey: 'h' },
  { to: '/plan', name: 'Plan', hotkey: 'p' },
] as const;

export function Shell() {
  useChanges();
  const navigate = useNavigate();
  const [showsKeys, setShowsKeys] = useState(false);
  const switchTheme = useThemeSwitch();
  useHotkeys([
    ...PLACES.map(({ to, hotkey }) => [hotkey, () => void navigate({ to })] as [string, () => void]),
    ['t', switchTheme.toggle],
    ['shift+?', () => setShowsKeys(true)],
    ['/', () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus()],
  ]);

  return (
    <>
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <header className="shell-header">
        <Link to="/" className="shell-home" aria-label="Sluice, fleet">
          <Logo />
        </Link>
        <nav aria-label="Pages" className="shell-nav">
          {PLACES.map(({ to, name }) => (
            <Link
              key={to}
              to={to}
              className="shell-link"
              activeOptions={{ exact: to === '/', includeSearch: false }}
            >
              {name}
            </Link>
          ))}
        </nav>
        <Group gap="xs" className="shell-end">
          <ConnectionNote />
          <Tooltip label="Keyboard shortcuts (?)">
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Keyboard shortcuts"
              onClick={() => setShowsKeys(true)}
            >
              ?
            </ActionIcon>
          </Tooltip>
          <Tooltip label={`${switchTheme.label} (t)`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={switchTheme.label}
              onClick={switchTheme.toggle}
            >
              ◐
            </ActionIcon>
          </Tooltip>
          <WhoIsIn />
        </Group>
      </header>
      <main id="page" className="page" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="shell-footer">
        <Anchor href="/api/docs" size="sm" c="dimmed">
          API
        </Anchor>
      </footer>
      <Shortcuts opened={showsKeys} close={() => setShowsKeys(false)} />
    </>
  );
}

function WhoIsIn() {
  const { name, grants } = useSession();
  const roles = grants.map(({ role, environment }) =>
    environment === '*' ? role : `${role} in ${environment}`,
  );
  return (
    <Group gap="xs" wrap="nowrap">
      <Tooltip label={roles.join(', ')} multiline>
        <Text size="sm" className="shell-who">
          {name}
        </Text>
      </Tooltip>
      <Button variant="default" size="compact-sm" onClick={() => void signOut()}>
        Sign out
      </Button>
    </Group>
  );
}

function useThemeSwitch(): { readonly label: string; readonly toggle: () => void } {
  const { setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme('light');
  const other = shown === 'dark' ? 'light' : 'dark';
  return { label: `Use the ${other} theme`, toggle: () => setColorScheme(other) };
}
