/** Signals of the operating system, as the platform understands them. */

export type SignalHandlers = {
  /** SIGTERM or SIGINT: finish what is in flight, then end. */
  stop(): void;
  /** The second of them: now. */
  stopNow(): void;
  /** SIGHUP: read the configuration again. */
  reload(): void;
};

/** @returns a function that takes the handlers away again */
export function onSignals(handlers: SignalHandlers): () => void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) handlers.stopNow();
    else handlers.stop();
    stopping = true;
  };
  const reload = (): void => handlers.reload();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', reload);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    process.off('SIGHUP', reload);
  };
}
