/** Ctrl-C in a rollout: once aborts it and rolls back, twice leaves it for `sluice resume`. */

export interface InterruptActions {
  /** @param how what the person did, in a word or two */
  readonly once: (how: string) => void;
  readonly twice: () => void;
}

/**
 * Obeys SIGINT and SIGTERM until the returned function is called. A terminal that is closed changes nothing: a
 * rollout in mid-air is not what whoever loses their connection wants.
 */
export function obeyCtrlC({ once, twice }: InterruptActions): () => void {
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    asked++;
    if (asked === 1) once(signal === 'SIGINT' ? 'Ctrl-C' : signal);
    else twice();
  };
  const onHangUp = () => {};
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onHangUp);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('SIGHUP', onHangUp);
  };
}
