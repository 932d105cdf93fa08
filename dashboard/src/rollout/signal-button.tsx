/** A button that asks something of the deployment, for whoever may, as long as it can be asked. */
import type { ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SignalName } from '../../../src/domain/event.ts';
import { whyRefused } from '../../../src/domain/evolve-signals.ts';
import { gateOf } from '../../../src/domain/gate.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import { neededFor } from '../../../src/server/api/may.ts';
import { ask } from '../api/client.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { ActionButton } from '../parts/action-button.tsx';

interface SignalButtonProps {
  readonly state: DeploymentState;
  readonly signal: SignalName;
  /** Of `promote`: everything that is left. */
  readonly full?: boolean;
  readonly color?: ButtonProps['color'];
  readonly variant?: ButtonProps['variant'];
  /** What will happen. */
  readonly children: ReactNode;
}

const LABELS: Readonly<Record<SignalName, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  promote: 'Promote',
  abort: 'Abort',
  approve: 'Approve',
  reject: 'Reject',
  retry: 'Retry',
};

export function SignalButton({ state, signal, full = false, color, variant, children }: SignalButtonProps) {
  const session = useSession();
  const { plan, id } = state;
  const { digest } = plan;
  const needed = neededFor(signal, full, gateOf(state) !== null);
  const label = full ? `${LABELS[signal]} fully` : LABELS[signal];
  const given = { signal, by: session.name, digest, ...(full ? { full } : {}) };
  const act = async (reason: string | undefined) => {
    const body = {
      signal,
      plan: digest,
      ...(full ? { full } : {}),
      ...(reason === undefined ? {} : { reason }),
    };
    await ask(`/deployments/${encodeURIComponent(id)}/signals`, { method: 'POST', body });
  };
  return (
    <ActionButton
      label={label}
      refused={whyRefused(state, given) ?? whyForbidden(session, needed, plan.environment)}
      question={`${label} ${id}?`}
      asksReason
      {...(color === undefined ? {} : { color })}
      {...(variant === undefined ? {} : { variant })}
      act={act}
    >
      {children}
    </ActionButton>
  );
}
