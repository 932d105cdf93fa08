/** What can be asked of a deployment. What cannot be asked now says why. */
import { Group } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { DeploymentState } from '../../../src/domain/state.ts';
import type { Begun, Unchanged } from '../../../src/server/operations.ts';
import { newLabel, oldLabel } from '../../../src/words/words.ts';
import { ask } from '../api/client.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { SignalButton } from './signal-button.tsx';

interface ActionsProps {
  readonly state: DeploymentState;
  readonly attended: boolean;
  /** Why the service cannot be rolled back from here; `null` when it can. */
  readonly rollbackRefused: string | null;
}

export function Actions({ state, attended, rollbackRefused }: ActionsProps) {
  const release = newLabel(state.plan);
  if (state.phase === 'ended') return <Rollback state={state} refused={rollbackRefused} />;
  return (
    <Group gap="xs" className="actions">
      {!attended && <TakeUp state={state} />}
      {state.paused === null ? (
        <SignalButton state={state} signal="pause">
          What is under way on a target is ended, and then nothing moves until somebody resumes it. Deadlines
          stand still.
        </SignalButton>
      ) : (
        <SignalButton state={state} signal="resume">
          It goes on where it was paused.
        </SignalButton>
      )}
      <SignalButton state={state} signal="retry">
        It tries again where it failed, on the targets that failed.
      </SignalButton>
      <SignalButton state={state} signal="promote">
        It goes on to the next step without waiting any longer. Health is waited for all the same.
      </SignalButton>
      <SignalButton state={state} signal="promote" full>
        It skips every bake that is left, and this is a yes at every gate to come. Health is waited for all
        the same.
      </SignalButton>
      <SignalButton state={state} signal="abort" color="red" variant="filled">
        {release} is taken back now, and what ran before serves again. An abort always wins.
      </SignalButton>
    </Group>
  );
}

function TakeUp({ state: { id, plan } }: { readonly state: DeploymentState }) {
  const session = useSession();
  return (
    <ActionButton
      label="Take up"
      variant="filled"
      refused={whyForbidden(session, ['deploy'], plan.environment)}
      question={`Take up ${id}?`}
      act={() => ask(`/deployments/${encodeURIComponent(id)}/resume`, { method: 'POST' })}
    >
      This server looks after it from now on, and goes on where it was left.
    </ActionButton>
  );
}

function Rollback({
  state: { plan },
  refused,
}: {
  readonly state: DeploymentState;
  readonly refused: string | null;
}) {
  const session = useSession();
  const navigate = useNavigate();
  const { service, environment } = plan;
  const act = async () => {
    const begun = await ask<Begun | Unchanged>('/rollbacks', {
      method: 'POST',
      body: { service, environment },
    });
    if (begun.deployment !== null)
      await navigate({ to: '/deployments/$id', params: { id: begun.deployment } });
  };
  return (
    <ActionButton
      label="Roll back"
      color="red"
      refused={refused ?? whyForbidden(session, ['deploy'], environment)}
      question={`Roll ${service} back?`}
      act={act}
    >
      {service} goes back to the last good release before {newLabel(plan)}
      {oldLabel(plan) === null ? '' : ` (${oldLabel(plan)} ran before)`} in {environment}.
    </ActionButton>
  );
}
