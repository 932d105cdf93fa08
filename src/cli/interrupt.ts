/** Ctrl-C in a rollout: once aborts it and rolls back, twice leaves it for `sluice resume`. */

export interface InterruptActions {
  readonly abort: () => Promise<void>;
  readonly leave: () => void;
  readonly remark: (line: string) => void;
}

/** Obeys SIGINT and SIGTERM until the returned function is called. */
export function obeyCtrlC({ abort, leave, remark }: InterruptActions): () => void {
  let asked = 0;
  const onSignal = () => {
    asked++;
    if (asked === 1) {
      remark('Aborting and rolling back. Ctrl-C again leaves it as it is; `sluice resume` then goes on.');
      void abort().catch((error: unknown) => remark(`Cannot abort: ${String(error)}`));
    } else {
      leave();
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
