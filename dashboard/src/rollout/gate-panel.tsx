/** What a person is asked, as long as the deployment waits for the answer. */
import { Group, Paper, Text, Title } from '@mantine/core';
import { gateOf } from '../../../src/domain/gate.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import { gateFacts } from '../../../src/words/gate-words.ts';
import { newLabel } from '../../../src/words/words.ts';
import { useNow } from '../parts/ago.tsx';
import { SignalButton } from './signal-button.tsx';

export function GatePanel({ state }: { readonly state: DeploymentState }) {
  const now = useNow();
  const gate = gateOf(state);
  if (gate === null || state.phase === 'ended') return null;
  return (
    <Paper withBorder p="md" mb="md" className="gate" component="section" aria-labelledby="gate">
      <div>
        <Title order={2} size="h3" id="gate">
          {gate.question}
        </Title>
        <Text size="sm" c="dimmed">
          {gateFacts(gate, now).join(' · ')}
        </Text>
      </div>
      <Group gap="sm">
        <SignalButton state={state} signal="approve" variant="filled">
          {newLabel(state.plan)} goes on with the steps that are left. It is recorded as your answer to plan{' '}
          {state.plan.digest.slice(0, 8)}.
        </SignalButton>
        <SignalButton state={state} signal="reject" color="red">
          {newLabel(state.plan)} is taken back, and what ran before serves again.
        </SignalButton>
      </Group>
    </Paper>
  );
}
