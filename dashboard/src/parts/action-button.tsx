/**
 * A button for what changes something: it asks first, and says what came of it. What cannot be done now can be clicked all the
 * same, and tells why: a reason that only shows when something is pointed at is none on a phone.
 */
import { Button, type ButtonProps, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { Failure } from './failure.tsx';

interface ActionButtonProps {
  readonly label: string;
  /** Why it cannot be done now; `null` when it can. */
  readonly refused: string | null;
  /** The question, such as `Abort api-7?`. */
  readonly question: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** Asks for a reason, which is kept in the history. Default: does not. */
  readonly asksReason?: boolean;
  readonly color?: ButtonProps['color'];
  readonly variant?: ButtonProps['variant'];
  readonly size?: ButtonProps['size'];
  readonly act: (reason: string | undefined) => Promise<unknown>;
}

export function ActionButton(props: ActionButtonProps) {
  const { label, refused, question, color, variant = 'default', size = 'sm' } = props;
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button
        variant={refused === null ? variant : 'default'}
        {...(color === undefined ? {} : { color })}
        size={size}
        aria-disabled={refused !== null}
        {...(refused === null ? {} : { title: refused, 'data-refused': true })}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={refused === null ? question : `${label}: not now`}>
        {refused === null ? (
          <Question {...props} close={close} />
        ) : (
          <Text size="sm">It cannot be done now: {refused}.</Text>
        )}
      </Modal>
    </>
  );
}

function Question({
  label,
  children,
  asksReason = false,
  color,
  act,
  close,
}: ActionButtonProps & { readonly close: () => void }) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isActing, setActing] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setActing(true);
    setError(null);
    try {
      await act(reason.trim() === '' ? undefined : reason.trim());
      close();
    } catch (failure) {
      setError(failure);
      setActing(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        {asksReason && (
          <TextInput
            label="Why (kept in the history)"
            value={reason}
            maxLength={1_000}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
            data-autofocus
          />
        )}
        {error !== null && <Failure error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={isActing} {...(color === undefined ? {} : { color })}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
