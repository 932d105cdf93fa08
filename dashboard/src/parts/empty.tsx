import { Paper, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** Nothing to show: says why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Paper withBorder p="xl" className="empty">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text component="div" c="dimmed">
        {children}
      </Text>
    </Paper>
  );
}
