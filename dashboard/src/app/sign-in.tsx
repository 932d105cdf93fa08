import { Button, Code, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';
import { signIn } from '../api/session.ts';
import { wordsOf } from '../parts/failure.tsx';
import { Logo } from '../parts/logo.tsx';

export function SignIn() {
  const [token, setToken] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setAsking(true);
    setFault(null);
    try {
      await signIn(token.trim());
    } catch (error) {
      setFault(wordsOf(error));
      setAsking(false);
    }
  };

  return (
    <main className="sign-in">
      <Paper withBorder p="xl" className="sign-in-card">
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <Logo />
            <Title order={1} size="h3">
              Sign in
            </Title>
            <PasswordInput
              label="Token"
              description="It is sent to this server once, and not kept in the browser."
              placeholder="slu_…"
              autoComplete="current-password"
              autoFocus
              required
              value={token}
              onChange={({ currentTarget }) => setToken(currentTarget.value)}
              error={fault}
            />
            <Button type="submit" loading={isAsking} disabled={token.trim() === ''}>
              Sign in
            </Button>
            <Text size="sm" c="dimmed">
              No token? Ask an admin of this server, or make one on its machine:
            </Text>
            <Code block>sluice token create --name you --role viewer</Code>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
